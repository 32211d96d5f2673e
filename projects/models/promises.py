"""What a project promises to release, and by when."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project


class PromisedOutput(models.Model):
    """One promise of the plan, fixed once the project is handed in; whether it is kept is tracked in public."""

    class Kind(models.TextChoices):
        WEIGHTS = "weights", _("weights")
        DATA = "data", _("data")
        CODE = "code", _("code")
        PAPER = "paper", _("paper")
        CHECKPOINTS = "checkpoints", _("checkpoints")

    project = models.ForeignKey(Project, models.CASCADE, related_name="promised_outputs")
    kind = models.CharField(max_length=12, choices=Kind)
    description = models.CharField(max_length=200)
    due_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("due_on", "pk")

    def __str__(self) -> str:
        return f"{self.kind} of {self.project_id}"
