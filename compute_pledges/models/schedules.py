"""The hours of the week that back a pledge, and what counts of it, with the reasons."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from compute_pledges.models.devices import Device
from compute_pledges.models.pledges import ComputePledge

SLOTS = 168


class PledgeHour(models.Model):
    """One hour of the week (0 is Monday 00:00 in the pledge's zone) that backs a pledge.

    `device` is set while the pledge stands and has a machine: the constraint lets an hour of a machine back one
    project only. A pledge that ended keeps its hours without the machine, as the record of what was promised.
    """

    pledge = models.ForeignKey(ComputePledge, models.CASCADE, related_name="hours")
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    slot = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("slot",)
        constraints = [
            models.UniqueConstraint(fields=("pledge", "slot"), name="pledge_hour_once"),
            models.UniqueConstraint(fields=("device", "slot"), name="device_hour_backs_one_project"),
            models.CheckConstraint(condition=models.Q(slot__lt=SLOTS), name="pledge_hour_in_week"),
        ]

    def __str__(self) -> str:
        return f"{self.pledge_id} hour {self.slot}"


class PledgeCount(models.Model):
    """What of a pledge counts towards the minimum, and what it was computed from. Frozen at the deadline.

    Microseconds of device time, H100-equivalent microseconds where the name says so; `factor_ppm` is the owner's
    record: verified of due hours in millionths, a whole million where there is none yet.
    """

    class Why(models.TextChoices):
        WHOLE = "whole", _("all of it counts")
        SCHEDULE = "schedule", _("the schedule is shorter")
        RECORD = "record", _("weighted by the owner's record")
        QUARTER = "quarter", _("machines without a record share a quarter")
        TEAM = "team", _("the project's own team never counts")
        MACHINE = "machine", _("no active, measured machine")
        MEMORY = "memory", _("the machine holds none of the project's runs")

    pledge = models.OneToOneField(ComputePledge, models.CASCADE, primary_key=True, related_name="count")
    free_us = models.BigIntegerField()
    verified_us = models.BigIntegerField()
    deliverable_us = models.BigIntegerField()
    factor_ppm = models.PositiveIntegerField()
    credible_h100_us = models.BigIntegerField()
    counted_h100_us = models.BigIntegerField()
    why = models.CharField(max_length=10, choices=Why)
    # Whether its machine had a record, and what it counts of time that is not verified yet.
    has_record = models.BooleanField(default=False)
    counted_rest_h100_us = models.BigIntegerField(default=0)
    counted_at = models.DateTimeField()
    frozen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"count of {self.pledge_id}"
