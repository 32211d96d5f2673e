"""Hours that a project lacks and offers to other volunteers, and mail about pledges."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from projects.models import Project


class HoursOffer(models.Model):
    """H100-equivalent time that a project will lack, open to anyone whose machine fits; one open at a time."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="hours_offers")
    missing_h100_us = models.BigIntegerField()
    memory_bytes = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField()
    looked_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-opened_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("project",), condition=models.Q(closed_at=None), name="one_open_hours_offer"
            ),
            models.CheckConstraint(condition=models.Q(missing_h100_us__gt=0), name="hours_offer_is_positive"),
        ]

    def __str__(self) -> str:
        return f"hours missing in {self.project_id}"


class ComputeMail(models.Model):
    """A mail about GPU time, written with its cause and sent once. The same one again is ignored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24)
    key = models.CharField(max_length=80)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        constraints = [models.UniqueConstraint(fields=("user", "kind", "key"), name="compute_mail_once")]
        indexes = [models.Index(fields=("created_at",), condition=models.Q(sent_at=None), name="compute_mail_due")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"
