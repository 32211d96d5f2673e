"""What people did to a run: append-only, the database refuses to change or delete a row."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from compute_pledges.models.runs import TrainingRun


class RunChange(models.Model):
    """`difference` is {name: [old, new]}; it holds from the round after `after_round` (null before the first).

    `actor` is null where the platform did it.
    """

    class Kind(models.TextChoices):
        DECLARED = "declared", _("declared")
        FORKED = "forked", _("forked")
        PAUSED = "paused", _("paused")
        RESUMED = "resumed", _("resumed")
        STOPPED = "stopped", _("stopped for good")
        CHANGED = "changed", _("settings changed")
        FINISHED = "finished", _("trained on all that was planned")
        ENDED = "ended", _("ended with its project")

    run = models.ForeignKey(TrainingRun, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    after_round = models.PositiveIntegerField(null=True)
    difference = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.kind} after round {self.after_round}"

    @property
    def rows(self) -> list[tuple[str, object, object]]:
        """(name, old, new) of each changed setting."""
        return [(name, old, new) for name, (old, new) in self.difference.items()]
