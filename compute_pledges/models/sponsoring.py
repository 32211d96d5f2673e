"""Rented machines that money pays for: which they are, and the invoices that say what they cost."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from compute_pledges.models.devices import Device
from projects.models import Project
from values.money import CURRENCIES, Money


class SponsorInvoice(models.Model):
    """What a vendor asked for machines of a project. It counts once an admin has confirmed it.

    Amounts are minor units of `currency`. They never become GPU time: hours come from verified work alone.
    """

    class State(models.TextChoices):
        ENTERED = "entered", "waits for confirmation"
        CONFIRMED = "confirmed", "confirmed"
        REFUSED = "refused", "refused"

    project = models.ForeignKey(Project, models.PROTECT, related_name="sponsor_invoices")
    vendor = models.CharField(max_length=120)
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
    vendor = models.CharField(max_length=120)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        ordering = ("marked_at",)

    def __str__(self) -> str:
        return f"{self.device_id} paid for by {self.project_id}"
