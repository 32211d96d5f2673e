"""Who audits, how auditors are audited themselves, and what a volunteer says against a verdict."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from compute_pledges.models.devices import Device
from compute_pledges.models.work import Audit


class AuditorSeat(models.Model):
    """A trusted volunteer's machine that audits others. Planted blocks say whether it really looks."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")

    device = models.OneToOneField(Device, models.PROTECT, primary_key=True, related_name="auditor_seat")
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    reason = models.CharField(max_length=300, blank=True)
    since = models.DateTimeField()
    suspended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"auditor {self.device_id}"


class PlantedBlock(models.Model):
    """A bad block that the platform made of a good one, to see whether its auditor finds it.

    To an auditor it is a block like any other: the audit that it was made of, with a receipt or bytes that are wrong.
    """

    class Flaw(models.TextChoices):
        LOSSES = "losses", _("losses that the replay does not give")
        UPDATE = "update", _("bytes of another block in the update")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Audit, models.PROTECT, related_name="plantings")
    flaw = models.CharField(max_length=8, choices=Flaw)
    receipt = models.JSONField()
    reveal = models.JSONField(default=dict)
    auditor = models.ForeignKey(Device, models.PROTECT, null=True, related_name="planted_blocks")
    auditor_name = models.CharField(max_length=80, blank=True)
    claimed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    was_caught = models.BooleanField(null=True)

    class Meta:
        indexes = [models.Index(fields=("auditor", "finished_at"), name="planted_of_auditor")]

    def __str__(self) -> str:
        return f"planted block {self.pk}"


class Appeal(models.Model):
    """A volunteer says that a verdict, or the rate of a machine, is wrong; a person decides with a fresh replay."""

    class Kind(models.TextChoices):
        VERDICT = "verdict", _("a block was refused wrongly")
        RATE = "rate", _("the machine is slower than its class")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        GRANTED = "granted", _("granted")
        DENIED = "denied", _("denied")

    device = models.ForeignKey(Device, models.PROTECT, related_name="appeals")
    kind = models.CharField(max_length=8, choices=Kind)
    text = models.CharField(max_length=2000)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    evidence = models.ForeignKey(Audit, models.PROTECT, null=True, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=1000, blank=True)
    restored_blocks = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-opened_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("device", "kind"), condition=models.Q(state="open"), name="one_open_appeal_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"appeal of {self.device_id}"
