"""Promises of GPU time, and what came of them week by week."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from compute_pledges.catalog import CATALOG, GpuModel
from compute_pledges.models.devices import Device
from projects.models import Project, Reward


class ComputePledge(models.Model):
    """`pledged_us` of device time of one GPU model. Offered until its device is paired and calibrated."""

    class State(models.TextChoices):
        OFFERED = "offered", _("offered")
        ACCEPTED = "accepted", _("accepted")
        DELIVERING = "delivering", _("delivering")
        FULFILLED = "fulfilled", _("fulfilled")
        PARTLY_FULFILLED = "partly_fulfilled", _("partly fulfilled")
        EXPIRED = "expired", _("expired")
        WITHDRAWN = "withdrawn", _("withdrawn")
        DECLINED = "declined", _("declined by the creator")

    class OnFailure(models.TextChoices):
        RETURN = "return", _("give my hours back to me")
        ROLL_OVER = "roll_over", _("offer them to the project that lacks them most")

    OPEN_STATES = (State.OFFERED, State.ACCEPTED, State.DELIVERING)
    # An offer costs nothing and stands for nothing yet.
    STANDING_STATES = (State.ACCEPTED, State.DELIVERING, State.FULFILLED, State.PARTLY_FULFILLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client_token = models.UUIDField(unique=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="compute_pledges")
    backer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="compute_pledges")
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="pledges")
    reward = models.ForeignKey(Reward, models.PROTECT, null=True, related_name="compute_pledges")
    catalog_slug = models.SlugField()
    pledged_us = models.BigIntegerField()
    hours_per_week = models.PositiveSmallIntegerField(default=168)
    credible_h100_us = models.BigIntegerField(default=0)
    counted_h100_us = models.BigIntegerField(default=0)
    recounts = models.PositiveIntegerField(default=0)
    h100_per_device_ppb = models.BigIntegerField(default=0)
    state = models.CharField(max_length=20, choices=State, default=State.OFFERED)
    created_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    # The zone that its hours of the week are read in: that of its machine, once it has one.
    time_zone = models.CharField(max_length=64, default="UTC")
    on_failure = models.CharField(max_length=10, choices=OnFailure, default=OnFailure.RETURN)
    rolled_from = models.OneToOneField("self", models.PROTECT, null=True, related_name="rolled_to")
    # When its rest was last looked at for rolling over.
    rolled_at = models.DateTimeField(null=True)
    # Made to take over hours that a funded project lacks: it delivers and earns, and never counted at a deadline.
    is_takeover = models.BooleanField(default=False)
    welcomed_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)
    is_late_withdrawal = models.BooleanField(default=False)
    reward_granted_at = models.DateTimeField(null=True)
    # Stock is claimed while the reward is reserved for this pledge, whatever its state.
    holds_stock = models.BooleanField(default=False)

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.CheckConstraint(condition=models.Q(pledged_us__gt=0), name="compute_pledge_is_positive"),
            models.CheckConstraint(
                condition=models.Q(hours_per_week__range=(1, 168)), name="compute_pledge_week_hours"
            ),
        ]

    def __str__(self) -> str:
        return f"compute pledge {self.pk}"

    @property
    def catalog(self) -> GpuModel:
        """The GPU model that was promised."""
        return CATALOG[self.catalog_slug]


class PledgeWeek(models.Model):
    """One pledge in one ISO week (UTC): promised, reported, verified, reversed, written by reconciliation."""

    pledge = models.ForeignKey(ComputePledge, models.PROTECT, related_name="weeks")
    week_starts_at = models.DateField()
    promised_us = models.BigIntegerField()
    reported_us = models.BigIntegerField()
    verified_us = models.BigIntegerField()
    reversed_us = models.BigIntegerField()
    reconciled_at = models.DateTimeField()

    class Meta:
        ordering = ("week_starts_at",)
        constraints = [models.UniqueConstraint(fields=("pledge", "week_starts_at"), name="pledge_week_once")]

    def __str__(self) -> str:
        return f"{self.pledge_id} {self.week_starts_at}"

    @property
    def difference_us(self) -> int:
        """Verified less promised."""
        return self.verified_us - self.reversed_us - self.promised_us
