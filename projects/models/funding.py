"""What counts towards a goal, recorded once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project


class Contribution(models.Model):
    """Append-only: a change or reversal is a further, signed row; a total is their sum."""

    class Stage(models.TextChoices):
        PLEDGED = "pledged", _("pledged")
        REALIZED = "realized", _("realized")

    class Kind(models.TextChoices):
        MONEY = "money", _("money")
        COMPUTE = "compute", _("compute")
        # Rented machines' time: it fills the compute goal as far as the plan of the launch goes, see `projects.totals`.
        SPONSORED = "sponsored", _("rented compute")

    project = models.ForeignKey(Project, models.PROTECT, related_name="contributions")
    source = models.CharField(max_length=80)
    stage = models.CharField(max_length=10, choices=Stage)
    event = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind)
    amount = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("source", "stage", "event"), name="contribution_once")]
        indexes = [models.Index(fields=("project", "kind", "stage"), include=("amount",), name="contribution_totals")]

    def __str__(self) -> str:
        return f"{self.kind} {self.stage} {self.amount}"


class ContributionDay(models.Model):
    """Sums of contributions by UTC day, kept by a trigger: what pages read instead of the rows.

    `standing` is how many sources came to count less how many stopped. A check proves the sums equal to the rows.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    stage = models.CharField(max_length=10)
    kind = models.CharField(max_length=10)
    day = models.DateField()
    amount = models.BigIntegerField()
    standing = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("project", "kind", "stage", "day"), name="contribution_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.stage} {self.day}"
