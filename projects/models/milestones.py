"""Milestones: the shares of the money that a creator is paid, each against evidence."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from projects.models.project import Project
from values.numbers import share_words

WHOLE_BP = 10_000


class Milestone(models.Model):
    """A tranche of the collected money. Shares of a project's milestones are basis points that sum to 10,000."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="milestones")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=80)
    evidence_wanted = models.CharField(max_length=300)
    share_bp = models.PositiveSmallIntegerField()
    due_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("project", "number"), name="milestone_number_once"),
            models.CheckConstraint(condition=Q(share_bp__gt=0, share_bp__lte=WHOLE_BP), name="milestone_share_bounded"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def share_percent(self) -> str:
        """The share as people write it."""
        return share_words(self.share_bp)


class MilestoneEvidence(models.Model):
    """What the creator shows for a milestone; a further row replaces nothing."""

    milestone = models.ForeignKey(Milestone, models.PROTECT, related_name="evidence")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    url = models.URLField(max_length=300, blank=True)
    submitted_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"evidence for {self.milestone_id}"
