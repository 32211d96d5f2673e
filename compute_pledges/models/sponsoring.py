"""Rented machines that money pays for: which they are, and the invoices that say what they cost."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from compute_pledges.models.devices import Device
from projects.models import Project
from values.money import CURRENCIES, Money


class SponsorVendor(models.Model):
    """Who rents machines to a project: named once, when the first machine is marked; invoices are of one of them."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="sponsor_vendors")
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ("pk",)
        constraints = [models.UniqueConstraint(F("project"), Lower("name"), name="vendor_once")]

    def __str__(self) -> str:
        return self.name


class SponsorInvoice(models.Model):
    """What a vendor asked for machines of a project. It counts once an admin has confirmed it.

    Amounts are minor units of `currency`. They never become GPU time: hours come from verified work alone. A day of a
    vendor's machines is on one invoice, so that no verified second is explained twice.
    """

    class State(models.TextChoices):
        ENTERED = "entered", _("waits for confirmation")
        CONFIRMED = "confirmed", _("confirmed")
        REFUSED = "refused", _("refused")

    project = models.ForeignKey(Project, models.PROTECT, related_name="sponsor_invoices")
    vendor = models.ForeignKey(SponsorVendor, models.PROTECT, related_name="invoices")
    reference = models.CharField(max_length=80)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, choices=[(code, code) for code in CURRENCIES])
    billed_us = models.BigIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    evidence_url = models.URLField(max_length=300, blank=True)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ENTERED)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("starts_on", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=("project", "vendor", "reference"), condition=~Q(state="refused"), name="invoice_once"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0, billed_us__gt=0), name="invoice_is_positive"),
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("starts_on")), name="invoice_period"),
            ExclusionConstraint(
                name="invoice_days_once",
                expressions=[
                    (Func(F("vendor"), F("vendor"), Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (
                        Func(
                            F("starts_on"),
                            F("ends_on"),
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=~Q(state="refused"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vendor} {self.reference}"

    @property
    def amount(self) -> Money:
        """What the vendor asked."""
        return Money(self.amount_minor, self.currency)


class InvoiceEvidence(models.Model):
    """The invoice as a file, for admins and the creator; the public sees its hash."""

    invoice = models.OneToOneField(SponsorInvoice, models.CASCADE, related_name="evidence")
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=40)
    content = models.BinaryField(max_length=2_000_000)

    def __str__(self) -> str:
        return self.name


class SponsoredDevice(models.Model):
    """A device that a project pays for, while it does. Its work never fills a pledge."""

    device = models.OneToOneField(Device, models.PROTECT, related_name="sponsored")
    project = models.ForeignKey(Project, models.PROTECT, related_name="sponsored_devices")
    vendor = models.ForeignKey(SponsorVendor, models.PROTECT, related_name="devices")
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        ordering = ("marked_at",)

    def __str__(self) -> str:
        return f"{self.device_id} paid for by {self.project_id}"


class RentDuty(models.Model):
    """Hours that a creator owes by renting machines, as the plan of the launch said; followed until they are verified.

    H100-equivalent microseconds. `owed_us` is what is still to be rented, brought up to date while the duty is open;
    `rented_before_us` is what rented machines had done before it. One is open for a project at a time.
    """

    class State(models.TextChoices):
        OPEN = "open", _("to be rented")
        STARTED = "started", _("rented machines are at work")
        MET = "met", _("met")
        BROKEN = "broken", _("not kept")
        LAPSED = "lapsed", _("lapsed: the project ended")

    # From which states each is reached.
    BEFORE = {
        "started": ("open",), "met": ("open", "started"), "broken": ("open", "started"), "lapsed": ("open", "started"),
    }  # fmt: skip
    STANDING = (State.OPEN, State.STARTED)

    project = models.ForeignKey(Project, models.PROTECT, related_name="rent_duties")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    first_owed_us = models.BigIntegerField()
    owed_us = models.BigIntegerField()
    rented_before_us = models.BigIntegerField()
    opened_at = models.DateTimeField()
    start_by_at = models.DateTimeField()
    due_at = models.DateTimeField()
    looked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # The state that backers were told of last; empty before any.
    told_state = models.CharField(max_length=8, blank=True)

    class Meta:
        ordering = ("-opened_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("project",), condition=Q(state__in=("open", "started")), name="one_standing_rent_duty"
            ),
            models.CheckConstraint(condition=Q(first_owed_us__gt=0, owed_us__gte=0), name="rent_duty_is_positive"),
        ]

    def __str__(self) -> str:
        return f"hours to be rented by {self.project_id}"

    def is_overdue(self, now: datetime) -> bool:
        """Whether no rented machine has begun although it was time to."""
        return self.state == self.State.OPEN and self.start_by_at <= now
