"""Training runs and their rounds. The anchor alone advances rounds; the platform records them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from projects.models import Project


class TrainingRun(models.Model):
    """A declarative configuration being trained for a project."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        PAUSED = "paused", "paused"
        STOPPED = "stopped", "stopped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="training_runs")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    config = models.JSONField()
    hyper = models.JSONField()
    data = models.JSONField()
    prompt = models.CharField(max_length=200)
    parameters = models.BigIntegerField()
    layers = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    anchor_peer_id = models.CharField(max_length=80, blank=True)
    anchor_addresses = models.JSONField(default=list)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("project",), condition=models.Q(state__in=("running", "paused")), name="one_open_run_a_project"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def parameters_text(self) -> str:
        """The model's kind and size in words."""
        size, unit = next(
            (s, u) for s, u in ((10**9, " billion"), (10**6, " million"), (1, "")) if self.parameters >= s
        )
        number = f"{self.parameters / size:.1f}" if unit else f"{self.parameters:,}"
        return f"A {self.config['model_type']} of {number}{unit} parameters"


class Round(models.Model):
    """Round k of a run: theta_k with its hash, and what closed it."""

    run = models.ForeignKey(TrainingRun, models.PROTECT, related_name="rounds")
    index = models.PositiveIntegerField()
    theta_sha256 = models.CharField(max_length=64)
    duration_seconds = models.FloatField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    held_out_loss = models.FloatField(null=True)
    tokens = models.BigIntegerField(default=0)
    sample = models.TextField(blank=True)
    is_rolled_back = models.BooleanField(default=False)
    merged_weights = models.JSONField(default=dict)
    # What the anchor received of each lease, hashed: held against what was uploaded.
    merged_hashes = models.JSONField(default=dict)
    pruned_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("run", "index")
        constraints = [models.UniqueConstraint(fields=("run", "index"), name="round_once")]

    def __str__(self) -> str:
        return f"round {self.index}"
