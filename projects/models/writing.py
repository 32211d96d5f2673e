"""Reviews."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project


class Review(models.Model):
    """What a reviewer said about one submission: any number of comments, and one decision."""

    class Decision(models.TextChoices):
        APPROVE = "approve", _("approve")
        REQUEST_CHANGES = "request_changes", _("request changes")
        COMMENT = "comment", _("comment")

    project = models.ForeignKey(Project, models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews")
    submission = models.PositiveIntegerField()
    decision = models.CharField(max_length=16, choices=Decision)
    reasons = models.TextField(max_length=4000, blank=True)
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ("-decided_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("project", "reviewer", "submission"),
                condition=~models.Q(decision="comment"),
                name="one_decision_a_reviewer",
            )
        ]

    def __str__(self) -> str:
        return f"{self.decision} by {self.reviewer_id}"
