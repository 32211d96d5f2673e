"""Money on its way to a creator: a tranche against evidence, or the reserve once its time is over."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.models.provider import PayoutRecipient
from projects.models import Milestone, Project
from values.money import Money


class Payout(models.Model):
    """`gross_minor` leaves what is held; the deductions say where the rest of it went; `amount_minor` is sent.

    gross = amount + provider fees + platform fee + reserve, to the minor unit. They are zero until the release.
    """

    class Kind(models.TextChoices):
        TRANCHE = "tranche", _("tranche")
        RESERVE = "reserve", _("reserve")

    class State(models.TextChoices):
        REQUESTED = "requested", _("waits for release")
        RELEASED = "released", _("released, being sent")
        PAID = "paid", _("paid")
        REJECTED = "rejected", _("sent back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    project = models.ForeignKey(Project, models.PROTECT, related_name="payouts")
    milestone = models.ForeignKey(Milestone, models.PROTECT, null=True, related_name="payouts")
    recipient = models.ForeignKey(PayoutRecipient, models.PROTECT, related_name="payouts")
    currency = models.CharField(max_length=3)
    gross_minor = models.BigIntegerField(default=0)
    provider_fee_minor = models.BigIntegerField(default=0)
    platform_fee_minor = models.BigIntegerField(default=0)
    reserve_minor = models.BigIntegerField(default=0)
    amount_minor = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    idempotency_key = models.CharField(max_length=120, unique=True)
    provider_id = models.CharField(max_length=80, blank=True)
    message = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField()
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-requested_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("milestone",), condition=~Q(state="rejected") & Q(milestone__isnull=False),
                name="one_payout_a_milestone",
            ),
            models.UniqueConstraint(
                fields=("project",), condition=Q(kind="reserve") & ~Q(state="rejected"), name="one_reserve_payout"
            ),
            models.CheckConstraint(
                condition=Q(
                    gross_minor=models.F("amount_minor") + models.F("provider_fee_minor")
                    + models.F("platform_fee_minor") + models.F("reserve_minor")
                ),
                name="payout_adds_up",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="payout_not_negative"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=("requested_at",), condition=Q(state__in=("requested", "released")), name="payout_open")
        ]

    def __str__(self) -> str:
        return f"payout {self.pk}"

    @property
    def amount(self) -> Money:
        """What the creator gets."""
        return Money(self.amount_minor, self.currency)

    @property
    def gross(self) -> Money:
        """What leaves the project's held money."""
        return Money(self.gross_minor, self.currency)
