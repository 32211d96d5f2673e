"""A run's outcome, published: the files of its last checkpoint with their hashes. Released once.

Only the names on its card change, which people earn, choose and take back.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from compute_pledges.models.runs import Round, TrainingRun


class RunTensors(models.Model):
    """Names and shapes of the run's weights in the order of the flat vector, as its anchor says once."""

    run = models.OneToOneField(TrainingRun, models.PROTECT, primary_key=True, related_name="tensors")
    # Pairs of a name and its sizes.
    shapes = models.JSONField()

    def __str__(self) -> str:
        return f"{len(self.shapes)} tensors of {self.run_id}"


class ModelRelease(models.Model):
    """The checkpoint that opened `round`, as files. `facts` are the figures that its card was written from."""

    class State(models.TextChoices):
        PREPARING = "preparing", _("being prepared")
        RELEASED = "released", _("released")
        FAILED = "failed", _("could not be prepared")

    run = models.OneToOneField(TrainingRun, models.PROTECT, primary_key=True, related_name="release")
    round = models.ForeignKey(Round, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.PREPARING)
    license = models.CharField(max_length=120)
    intended_use = models.TextField(max_length=4000)
    limitations = models.TextField(max_length=4000)
    card = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    error = models.CharField(max_length=300, blank=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"release of {self.run_id}"


class ReleaseFile(models.Model):
    """One file; its bytes lie in content-addressed storage."""

    release = models.ForeignKey(ModelRelease, models.PROTECT, related_name="files")
    name = models.CharField(max_length=80)
    content_type = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=("release", "name"), name="release_file_once")]

    def __str__(self) -> str:
        return self.name
