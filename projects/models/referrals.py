"""Where visits and pledges come from: counters by day and source, of nobody in particular."""

from __future__ import annotations

from django.db import models

from projects.models.project import Project


class ReferralDay(models.Model):
    """Visits of a project's page from one source on one UTC day, and pledges that were begun after such a visit."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="referral_days")
    day = models.DateField()
    source = models.CharField(max_length=60)
    visits = models.PositiveIntegerField(default=0)
    pledges = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("project", "day", "source"), name="referral_day_once")]

    def __str__(self) -> str:
        return f"{self.source} on {self.day}"
