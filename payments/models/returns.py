"""Money on its way back: refunds that we ask for, disputes that a bank opens."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.models.pledges import CashPledge
from values.money import Money


class Refund(models.Model):
    """One refund, committed with its key before the call. `tip_minor` of it comes out of the tip."""

    class Cause(models.TextChoices):
        FAILED = "failed", _("the project failed")
        CANCELED = "canceled", _("the project was canceled")
        ABANDONED = "abandoned", _("the project was abandoned")
        LATE = "late", _("charged after the pledge had ended")
        CREATOR = "creator", _("given back by the creator")
        STAFF = "staff", _("given back by the platform")
        WITHDRAWAL = "withdrawal", _("the backer withdrew")

    class State(models.TextChoices):
        PENDING = "pending", _("on its way to the provider")
        SENT = "sent", _("at the bank")
        SUCCEEDED = "succeeded", _("paid back")
        FAILED = "failed", _("refused by the bank")

    STANDING = (State.PENDING, State.SENT, State.SUCCEEDED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pledge = models.ForeignKey(CashPledge, models.PROTECT, related_name="refunds")
    amount_minor = models.BigIntegerField()
    tip_minor = models.BigIntegerField(default=0)
    cause = models.CharField(max_length=10, choices=Cause)
    reason = models.CharField(max_length=1000, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    idempotency_key = models.CharField(max_length=120, unique=True)
    provider_id = models.CharField(max_length=80, blank=True)
    message = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, tip_minor__gte=0) & Q(tip_minor__lte=models.F("amount_minor")),
                name="refund_is_positive",
            ),
            models.UniqueConstraint(
                fields=("provider_id",), condition=~Q(provider_id=""), name="one_refund_a_provider_refund"
            ),
        ]
        indexes = [
            models.Index(
                fields=("next_attempt_at",), condition=Q(state__in=("pending", "sent")), name="refund_due"
            ),
            models.Index(fields=("-finished_at",), condition=Q(state="failed"), name="refund_failed"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"refund {self.pk}"

    @property
    def amount(self) -> Money:
        """What goes back to the card."""
        return Money(self.amount_minor, self.pledge.currency)


class Dispute(models.Model):
    """A charge that its holder's bank questions. The provider debits amount and fee at once."""

    class State(models.TextChoices):
        NEEDS_RESPONSE = "needs_response", _("needs evidence")
        UNDER_REVIEW = "under_review", _("at the bank")
        WON = "won", _("won")
        LOST = "lost", _("lost")

    OPEN = (State.NEEDS_RESPONSE, State.UNDER_REVIEW)
    # The provider's codes, as people read them.
    REASONS = {  # reason: a constant table
        "bank_cannot_process": _("the bank could not process it"),
        "credit_not_processed": _("a refund that was promised did not come"),
        "customer_initiated": _("the holder asked for it"),
        "debit_not_authorized": _("the holder did not authorize it"),
        "duplicate": _("charged twice"),
        "fraudulent": _("the holder says that they did not make it"),
        "general": _("no particular reason"),
        "insufficient_funds": _("not enough money"),
        "product_not_received": _("what was paid for did not arrive"),
        "product_unacceptable": _("what arrived is not what was promised"),
        "subscription_canceled": _("the support was canceled before"),
        "unrecognized": _("the holder does not recognize it"),
    }

    pledge = models.ForeignKey(CashPledge, models.PROTECT, related_name="disputes")
    provider_id = models.CharField(max_length=80, unique=True)
    amount_minor = models.BigIntegerField()
    tip_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=60)
    state = models.CharField(max_length=16, choices=State, default=State.NEEDS_RESPONSE)
    due_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    evidence = models.TextField(max_length=8000, blank=True)
    evidence_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    evidence_sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("due_at", "pk")
        indexes = [
            models.Index(
                fields=("due_at",), condition=Q(state__in=("needs_response", "under_review")), name="dispute_open"
            )
        ]

    def __str__(self) -> str:
        return f"dispute {self.provider_id}"

    @property
    def reason_label(self) -> str | Promise:
        """Why, in words; a code that is not known as it came."""
        return self.REASONS.get(self.reason, self.reason.replace("_", " "))

    @property
    def amount(self) -> Money:
        """What the bank took."""
        return Money(self.amount_minor, self.currency)

    @property
    def is_open(self) -> bool:
        """Whether it is undecided."""
        return self.state in self.OPEN
