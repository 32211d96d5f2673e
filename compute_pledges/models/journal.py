"""The journal of GPU time: append-only and double-entry, in integer microseconds.

Each row moves an amount of a lease from one account to another, so debits equal credits by construction; a row is
unique on (lease, turn, movement). The database refuses to change or delete a row. `transaction_id` is the watermark of
reconciliation: a snapshot's xmin, never an id or a time, because sequences commit out of order.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from compute_pledges.models.devices import Device
from compute_pledges.models.pledges import ComputePledge
from compute_pledges.models.runs import TrainingRun
from compute_pledges.models.work import Lease
from projects.models import Project


class GpuTimeEntry(models.Model):
    """`device_us` and `h100_us` moved from `debit` to `credit`."""

    class Account(models.TextChoices):
        PROMISED = "promised", _("promised")
        REPORTED = "reported", _("reported")
        VERIFIED = "verified", _("verified")
        SETTLED = "settled", _("settled")
        REJECTED = "rejected", _("rejected")
        REVERSED = "reversed", _("reversed")

    lease = models.ForeignKey(Lease, models.PROTECT, related_name="entries")
    device = models.ForeignKey(Device, models.PROTECT, related_name="entries")
    project = models.ForeignKey(Project, models.PROTECT, related_name="gpu_time_entries")
    # Found by `entries_of_pledge`.
    pledge = models.ForeignKey(ComputePledge, models.PROTECT, null=True, related_name="entries", db_index=False)
    debit = models.CharField(max_length=10, choices=Account)
    credit = models.CharField(max_length=10, choices=Account)
    device_us = models.BigIntegerField()
    h100_us = models.BigIntegerField()
    # The block's turn: only an appeal that is granted begins another one.
    turn = models.PositiveSmallIntegerField(default=0)
    recorded_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("lease", "turn", "debit", "credit"), name="gpu_time_movement_once"),
            models.CheckConstraint(condition=~models.Q(debit=models.F("credit")), name="gpu_time_moves"),
            models.CheckConstraint(
                condition=models.Q(device_us__gte=0, h100_us__gte=0), name="gpu_time_is_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=("pledge", "recorded_at"), include=("credit", "device_us"),
                         condition=models.Q(pledge__isnull=False), name="entries_of_pledge"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.debit} to {self.credit}: {self.device_us} us"


class GpuTimeDay(models.Model):
    """Sums of the entries of one UTC day that is over, by run and movement; written once, see `services/closing.py`."""

    day = models.DateField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    run = models.ForeignKey(TrainingRun, models.PROTECT, related_name="+")
    debit = models.CharField(max_length=10, choices=GpuTimeEntry.Account)
    credit = models.CharField(max_length=10, choices=GpuTimeEntry.Account)
    device_us = models.BigIntegerField()
    h100_us = models.BigIntegerField()
    tokens = models.BigIntegerField()
    blocks = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("run", "day", "debit", "credit"), name="gpu_time_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.debit} to {self.credit}: {self.device_us} us"


class JournalClosing(models.Model):
    """One row: entries before this UTC day are in `GpuTimeDay`, later ones are read themselves.

    `weeks_until`: pledges' weeks before this Monday are reconciled for good.
    """

    closed_until = models.DateField()
    weeks_until = models.DateField(null=True)

    def __str__(self) -> str:
        return f"closed until {self.closed_until}"
