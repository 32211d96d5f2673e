"""Every specification under which a run gave work out: a block is replayed by its own, whatever changed since."""

from __future__ import annotations

from django.db import models

from compute_pledges.models.runs import TrainingRun


class RunSpecification(models.Model):
    """`body` is what agents read; `sha256` is the hash of its canonical JSON. Never changed."""

    run = models.ForeignKey(TrainingRun, models.PROTECT, related_name="specifications")
    sha256 = models.CharField(max_length=64)
    body = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("run", "sha256"), name="specification_once")]

    def __str__(self) -> str:
        return self.sha256[:12]
