"""Training runs and their rounds. The anchor alone advances rounds; the platform records them."""

from __future__ import annotations

import sys
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute_pledges.models.data_sets import DataSet
from projects.models import Project
from training_cluster.protocol_models import TASKS, kind_of
from values.gpu_time import training_flops
from values.numbers import decimal_words, number_words

MAX_OPEN_RUNS = 4
# How a loss that is not finite is told: JSON knows no infinity.
LARGEST = sys.float_info.max


def bytes_tokenizer() -> str:
    """The tokenizer of a run that declares none: each byte is a token."""
    return "bytes"


class TrainingRun(models.Model):
    """A declarative configuration being trained for a project."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        STOPPED = "stopped", _("stopped")

    # From which states each is reached. A stopped run does not go on: it can be forked.
    BEFORE = {"paused": ("running",), "running": ("paused",), "stopped": ("running", "paused")}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="training_runs")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    config = models.JSONField()
    hyper = models.JSONField()
    data = models.JSONField()
    data_set = models.ForeignKey(DataSet, models.PROTECT, null=True, related_name="runs")
    task = models.CharField(max_length=24, choices=TASKS, default="causal-lm")
    # "bytes", or {sha256, bytes} of a tokenizer.json.
    tokenizer = models.JSONField(default=bytes_tokenizer)
    # Forward and backward passes over one sample; null means the formula of language models.
    flops_per_sample = models.DecimalField(max_digits=30, decimal_places=0, null=True)
    planned_samples = models.BigIntegerField(null=True)
    forked_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="forks")
    forked_round = models.PositiveIntegerField(null=True)
    # The published weights that a fork starts from; empty for fresh ones.
    start_sha256 = models.CharField(max_length=64, blank=True)
    prompt = models.CharField(max_length=200)
    parameters = models.BigIntegerField()
    # Values that the backward pass keeps of one sample, counted from the configuration; 0 where it was not counted.
    activations = models.BigIntegerField(default=0)
    layers = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    anchor_peer_id = models.CharField(max_length=80, blank=True)
    anchor_addresses = models.JSONField(default=list)
    # Why the run does not go on, as its anchor says it; empty again once a round opens.
    error = models.CharField(max_length=500, blank=True)
    error_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at",)
        indexes = [models.Index(fields=("project", "state"), name="runs_of_project")]

    def __str__(self) -> str:
        return self.name

    @property
    def parameters_text(self) -> str:
        """The model's kind and size in words."""
        kind = kind_of(self.config)
        if self.parameters >= 10**9:
            words, number = (
                gettext("A %(kind)s of %(number)s billion parameters"),
                decimal_words(self.parameters / 10**9, 1),
            )
        elif self.parameters >= 10**6:
            words, number = (
                gettext("A %(kind)s of %(number)s million parameters"),
                decimal_words(self.parameters / 10**6, 1),
            )
        else:
            words, number = gettext("A %(kind)s of %(number)s parameters"), number_words(self.parameters)
        return words % {"kind": kind, "number": number}

    @property
    def is_language(self) -> bool:
        """Whether samples are rows of tokens."""
        return self.task in ("causal-lm", "masked-lm")

    def amount_words(self, samples: int) -> str:
        """So many samples in words: language models count tokens."""
        if self.is_language:
            return gettext("%(int)s tokens") % {"int": number_words(samples * int(self.hyper["sequence"]))}
        return gettext("%(samples)s samples") % {"samples": number_words(samples)}

    def flops_of(self, samples: int) -> int:
        """FLOPs of forward and backward passes over `samples`."""
        if self.flops_per_sample is not None:
            return samples * int(self.flops_per_sample)
        sequence = int(self.hyper["sequence"])
        return training_flops(
            tokens=samples * sequence, parameters=self.parameters, layers=self.layers, width=self.width,
            sequence=sequence,
        )  # fmt: skip


class Round(models.Model):
    """Round k of a run: theta_k with its hash, and what closed it."""

    run = models.ForeignKey(TrainingRun, models.PROTECT, related_name="rounds")
    index = models.PositiveIntegerField()
    theta_sha256 = models.CharField(max_length=64)
    # The specification that its anchor clocks it by; work of another is not given out in it.
    spec_sha256 = models.CharField(max_length=64, blank=True)
    duration_seconds = models.FloatField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    held_out_loss = models.FloatField(null=True)
    tokens = models.BigIntegerField(default=0)
    sample = models.TextField(blank=True)
    is_rolled_back = models.BooleanField(default=False)
    # The held-out loss of a merge that was taken back; infinite losses are stored as the largest number.
    rejected_loss = models.FloatField(null=True)
    # A picture that the checkpoint made, in content-addressed storage.
    sample_sha256 = models.CharField(max_length=64, blank=True)
    # Weights and outer momentum in full precision, to go on exactly from here.
    state_sha256 = models.CharField(max_length=64, blank=True)
    # How long after the training updates are waited for, when the anchor found the declared time too short.
    exchange_seconds = models.FloatField(null=True)
    # Seconds of the round in which machines waited for the exchange, as the anchor measured them.
    communication_seconds = models.FloatField(null=True)
    # How several reducers share the round: {parts, size, updates}, and {part: SHA-256} of what they brought.
    reduction_plan = models.JSONField(default=dict)
    reduction_parts = models.JSONField(default=dict)
    merged_weights = models.JSONField(default=dict)
    # What the anchor received of each lease, hashed: held against what was uploaded.
    merged_hashes = models.JSONField(default=dict)
    # What the anchor found without a replay: {lease: cosine with another's update}, {lease: loss of its first batch}.
    alike = models.JSONField(default=dict)
    first_losses = models.JSONField(default=dict)
    pruned_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("run", "index")
        constraints = [models.UniqueConstraint(fields=("run", "index"), name="round_once")]

    def __str__(self) -> str:
        return gettext("round %(index)s") % {"index": self.index}

    @property
    def window_seconds(self) -> float:
        """How long after the training updates are waited for."""
        declared = float(self.run.hyper["exchange_seconds"])
        return declared if self.exchange_seconds is None else self.exchange_seconds

    @property
    def communication_percent(self) -> int | None:
        """The share of the round in which machines did not train, as its anchor measured it; None while unknown."""
        if self.communication_seconds is None:
            return None
        work = max(self.duration_seconds - self.window_seconds, 0.0)
        return round(100 * self.communication_seconds / max(self.communication_seconds + work, 1e-9))

    @property
    def rejected_words(self) -> str:
        """The held-out loss of a merge that was taken back."""
        if self.rejected_loss is None:
            return ""
        return gettext("not finite") if self.rejected_loss >= LARGEST else decimal_words(self.rejected_loss, 4)
