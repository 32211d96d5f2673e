"""Volunteers' machines. A device is known by its Ed25519 key; its account owns it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from compute_pledges.catalog import CATALOG, GpuModel

RECORD_BLOCKS = 10
CALIBRATION_LIFETIME = timedelta(days=7)


class Device(models.Model):
    """A paired machine, with what it has proven: its calibrated rate and its run of valid audits."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        QUARANTINED = "quarantined", _("in quarantine")
        REVOKED = "revoked", _("revoked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="devices")
    name = models.CharField(max_length=80)
    public_key = models.BinaryField(max_length=32, unique=True)
    catalog_slug = models.SlugField(default="cpu-thread")
    reported_hardware = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.ACTIVE)
    quarantine_reason = models.CharField(max_length=300, blank=True)
    calibrated_flops_per_second = models.DecimalField(max_digits=30, decimal_places=0, null=True)
    calibrated_at = models.DateTimeField(null=True)
    best_flops_per_second = models.DecimalField(max_digits=30, decimal_places=0, default=0)
    # A person watched this machine being measured: it really is slower than its class.
    is_rate_supervised = models.BooleanField(default=False)
    consecutive_valid = models.PositiveIntegerField(default=0)
    # What an appeal that is granted gives back.
    valid_before_quarantine = models.PositiveIntegerField(default=0)
    quarantined_at = models.DateTimeField(null=True)
    paired_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(null=True)
    # IANA name; empty until its first schedule says it.
    time_zone = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("paired_at",)

    def __str__(self) -> str:
        return self.name

    @property
    def catalog(self) -> GpuModel:
        """The class that bounds what this device may claim."""
        return CATALOG[self.catalog_slug]

    @property
    def is_calibrated(self) -> bool:
        """Whether a verified calibration block set its rate."""
        return self.calibrated_flops_per_second is not None

    @property
    def has_record(self) -> bool:
        """Whether enough of its blocks in a row were valid for its promises to count in full."""
        return self.consecutive_valid >= RECORD_BLOCKS

    @property
    def flops_per_second(self) -> int:
        """FLOP/s that turn verified work into device time: the highest of three, so slow calibration earns nothing.

        Where a person watched the calibration, half the rate of the machine's class is no floor.
        """
        known = max(int(self.calibrated_flops_per_second or 0), int(self.best_flops_per_second))
        return known if known and self.is_rate_supervised else max(known, self.catalog.flops_per_second // 2)

    def is_calibration_due(self, at: datetime) -> bool:
        """Whether its next block measures it: never measured, or a week ago. `at` is business time."""
        return self.calibrated_at is None or not self.is_calibrated or at - self.calibrated_at >= CALIBRATION_LIFETIME


class DeviceTurn(models.Model):
    """A change of a device's state: what it was until then, so that a deadline can be read as of its instant.

    `happened_at` is business time, as deadlines are.
    """

    device = models.ForeignKey(Device, models.PROTECT, related_name="turns")
    state_before = models.CharField(max_length=12, choices=Device.State)
    valid_before = models.PositiveIntegerField()
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ("happened_at", "pk")
        indexes = [models.Index(fields=("device", "happened_at"), name="turns_of_device")]

    def __str__(self) -> str:
        return f"{self.device_id} was {self.state_before} until {self.happened_at}"


class DeviceRate(models.Model):
    """The best verified rate of a device on one UTC day; the best of 30 days prices its work."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="rates")
    day = models.DateField()
    flops_per_second = models.DecimalField(max_digits=30, decimal_places=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("device", "day"), name="device_rate_once_a_day")]

    def __str__(self) -> str:
        return f"{self.device_id} on {self.day}: {self.flops_per_second} FLOP/s"


class DeviceChallenge(models.Model):
    """A nonce that a device key signs once, within minutes, to be enrolled by the account that asked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    challenge = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"challenge {self.pk}"
