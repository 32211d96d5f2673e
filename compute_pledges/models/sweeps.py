"""What sweeps could not do: seen by admins, gone once it succeeds."""

from __future__ import annotations

from django.db import models


class SweepFailure(models.Model):
    """An item that a sweep failed on, with its last error; the sweep goes on with the others and tries it again."""

    sweep = models.CharField(max_length=40)
    item = models.CharField(max_length=80)
    error = models.CharField(max_length=300)
    first_failed_at = models.DateTimeField()
    failed_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("-failed_at",)
        constraints = [models.UniqueConstraint(fields=("sweep", "item"), name="sweep_failure_once")]

    def __str__(self) -> str:
        return f"{self.sweep}: {self.item}"
