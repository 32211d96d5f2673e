"""What counts towards a goal, recorded once."""

from __future__ import annotations

from django.db import models

from projects.models.project import Project


class Contribution(models.Model):
    """Append-only: a change or reversal is a further, signed row; a total is their sum."""

    class Stage(models.TextChoices):
        PLEDGED = "pledged", "pledged"
        REALIZED = "realized", "realized"

    class Kind(models.TextChoices):
        MONEY = "money", "money"
        COMPUTE = "compute", "compute"

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
