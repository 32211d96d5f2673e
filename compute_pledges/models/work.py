"""Leases, the results they were answered with, and the audits drawn after the commitment."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from compute_pledges.models.devices import Device
from compute_pledges.models.pledges import ComputePledge
from compute_pledges.models.runs import Round, TrainingRun


class Lease(models.Model):
    """A timed assignment: one open lease for each device. The seed binds it to run, round, peer and lease."""

    class Kind(models.TextChoices):
        TRAINING = "training", _("training")
        CALIBRATION = "calibration", _("calibration")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ANSWERED = "answered", _("answered")
        EXPIRED = "expired", _("expired")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    run = models.ForeignKey(TrainingRun, models.PROTECT, related_name="leases")
    round = models.ForeignKey(Round, models.PROTECT, related_name="leases")
    device = models.ForeignKey(Device, models.PROTECT, related_name="leases")
    peer_id = models.CharField(max_length=80)
    seed = models.BigIntegerField()
    nonce = models.CharField(max_length=32)
    batch = models.PositiveIntegerField()
    sequence = models.PositiveIntegerField()
    max_steps = models.PositiveIntegerField()
    segment_steps = models.PositiveIntegerField()
    # What the block is trained and replayed by, whatever the run's settings become.
    spec_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # How long the machine fetched weights for its block before, as it says; the run's rounds are paced by the median.
    fetch_seconds = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("device",), condition=models.Q(state="open"), name="one_open_lease_a_device"
            ),
            models.UniqueConstraint(fields=("round", "peer_id"), name="one_machine_a_peer_id"),
        ]
        indexes = [
            models.Index(fields=("expires_at",), condition=models.Q(state="open"), name="lease_due"),
            models.Index(fields=("run", "issued_at"), name="leases_of_run"),
            models.Index(fields=("run", "device"), name="machines_of_run"),
        ]

    def __str__(self) -> str:
        return f"lease {self.pk}"


class WorkResult(models.Model):
    """The signed receipt of a lease and what became of it. Unique on the lease: a replay changes nothing."""

    class State(models.TextChoices):
        REPORTED = "reported", _("reported")
        AUDITING = "auditing", _("being audited")
        VERIFIED = "verified", _("verified")
        SETTLED = "settled", _("settled")
        REJECTED = "rejected", _("rejected")
        REVERSED = "reversed", _("reversed")

    lease = models.OneToOneField(Lease, models.PROTECT, primary_key=True, related_name="result")
    device = models.ForeignKey(Device, models.PROTECT, related_name="results")
    pledge = models.ForeignKey(ComputePledge, models.PROTECT, null=True, related_name="results")
    receipt = models.JSONField()
    signature = models.BinaryField(max_length=64)
    update_sha256 = models.CharField(max_length=64, db_index=True)
    steps = models.PositiveIntegerField()
    tokens = models.BigIntegerField()
    flops = models.DecimalField(max_digits=30, decimal_places=0)
    device_us = models.BigIntegerField(default=0)
    h100_us = models.BigIntegerField(default=0)
    is_merged = models.BooleanField(default=False)
    anchor_weight = models.FloatField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.REPORTED)
    reason = models.CharField(max_length=300, blank=True)
    # How often an appeal gave its time back: each turn is a further set of movements in the journal.
    turn = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=("state", "received_at"), name="result_state")]

    def __str__(self) -> str:
        return f"result of {self.lease_id}"


class Audit(models.Model):
    """A replay of a block, drawn after the receipt was committed.

    `segment` j of m whole segments replays what lies between two commitments; m + 1 is what lies between the last
    commitment and the uploaded update; null replays the whole block.
    """

    class State(models.TextChoices):
        REVEALING = "revealing", _("waits for the machine to reveal a segment")
        PENDING = "pending", _("pending")
        CLAIMED = "claimed", _("claimed")
        PASSED = "passed", _("passed")
        FAILED = "failed", _("failed")
        UNCLEAR = "unclear", _("unclear")
        VOID = "void", _("void: its auditor is not trusted any more")

    class Purpose(models.TextChoices):
        VERDICT = "verdict", _("decides about the block")
        RECHECK = "recheck", _("looks again at what an auditor passed")
        APPEAL = "appeal", _("evidence for an appeal")
        ANEW = "anew", _("decides about what a quarantine refused unseen, after an appeal was granted")

    class Cause(models.TextChoices):
        NEWCOMER = "newcomer", _("the machine has no record yet")
        CALIBRATION = "calibration", _("the block measures the machine")
        DRAWN = "drawn", _("drawn by chance")
        FAST = "fast", _("faster than the machine has ever been")
        ALIKE = "alike", _("its update resembles another machine's")
        FIRST_LOSS = "first_loss", _("its first loss is not that of its data")

    OPEN = (State.REVEALING, State.PENDING, State.CLAIMED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    result = models.ForeignKey(WorkResult, models.PROTECT, related_name="audits")
    attempt = models.PositiveSmallIntegerField(default=1)
    purpose = models.CharField(max_length=8, choices=Purpose, default=Purpose.VERDICT)
    # Why the block was looked at in the first place; later looks at it have the same.
    cause = models.CharField(max_length=11, choices=Cause, default=Cause.DRAWN)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    segment = models.PositiveIntegerField(null=True)
    # {start_weights, start_moments, end_weights, end_moments}: hashes that the machine revealed.
    reveal = models.JSONField(default=dict)
    reveal_until = models.DateTimeField(null=True)
    # A volunteer's device, or the name of an auditor of the platform.
    auditor = models.ForeignKey(Device, models.PROTECT, null=True, related_name="audits_done")
    auditor_name = models.CharField(max_length=80, blank=True)
    # How often an auditor could not do it, for reasons of its own.
    troubles = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    relative_l2 = models.FloatField(null=True)
    max_loss_difference = models.FloatField(null=True)
    seconds = models.FloatField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("result", "attempt"), name="audit_attempt_once")]
        indexes = [
            models.Index(fields=("state",), condition=models.Q(state__in=("revealing", "pending", "claimed")),
                         name="audits_open"),
            models.Index(fields=("auditor", "finished_at"), name="audits_of_auditor"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"audit {self.pk}"
