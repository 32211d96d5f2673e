"""A cash pledge, its history, its attempts at the provider, and the mail that it caused."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from projects.models import Project, Reward
from values.money import Money


class CashPledge(models.Model):
    """A conditional promise of money. One PaymentIntent for life: it can succeed at most once.

    `is_charged_at_once` is the keep-what-you-raise way; otherwise a card is saved and charged after the deadline.
    """

    class State(models.TextChoices):
        STARTED = "started", "started, card not saved yet"
        ACTIVE = "active", "active"
        LOCKED = "locked", "being charged"
        RETRYING = "retrying", "declined, will be tried again"
        NEEDS_ACTION = "needs_action", "needs you"
        COLLECTED = "collected", "charged"
        REFUNDED = "refunded", "refunded"
        DROPPED = "dropped", "dropped"
        CANCELED = "canceled", "canceled"
        RELEASED = "released", "released, never charged"

    COUNTED = (State.ACTIVE, State.LOCKED, State.RETRYING, State.NEEDS_ACTION, State.COLLECTED)
    COLLECTING = (State.LOCKED, State.RETRYING, State.NEEDS_ACTION)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client_token = models.UUIDField(unique=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="cash_pledges")
    backer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="cash_pledges")
    reward = models.ForeignKey(Reward, models.PROTECT, null=True, related_name="cash_pledges")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=14, choices=State, default=State.STARTED)
    is_charged_at_once = models.BooleanField(default=False)
    setup_intent_id = models.CharField(max_length=80, blank=True)
    payment_intent_id = models.CharField(max_length=80, blank=True)
    payment_method_id = models.CharField(max_length=80, blank=True)
    card_label = models.CharField(max_length=40, blank=True)
    is_card_released = models.BooleanField(default=False)
    last_message = models.CharField(max_length=300, blank=True)
    changes = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    fix_ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    collected_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="cash_pledge_is_positive"),
            models.UniqueConstraint(
                fields=("payment_intent_id",), condition=~Q(payment_intent_id=""), name="one_pledge_a_payment_intent"
            ),
            models.UniqueConstraint(
                fields=("setup_intent_id",), condition=~Q(setup_intent_id=""), name="one_pledge_a_setup_intent"
            ),
        ]
        indexes = [models.Index(fields=("state", "next_attempt_at"), name="cash_pledge_due")]

    def __str__(self) -> str:
        return f"cash pledge {self.pk}"

    @property
    def amount(self) -> Money:
        """What is promised."""
        return Money(self.amount_minor, self.currency)

    @property
    def source(self) -> str:
        """Under which name its contributions are recorded."""
        return f"cash_pledge:{self.pk}"

    @property
    def is_changeable(self) -> bool:
        """Whether the backer may change or cancel it, deadline apart."""
        return self.state in (self.State.STARTED, self.State.ACTIVE)

    def get_absolute_url(self) -> str:
        """The backer's page of it."""
        return reverse("payments:detail", args=[self.pk])


class CashPledgeTransition(models.Model):
    """One change of state, written in the transaction that made it."""

    pledge = models.ForeignKey(CashPledge, models.PROTECT, related_name="transitions")
    source = models.CharField(max_length=14)
    target = models.CharField(max_length=14)
    reason = models.CharField(max_length=300, blank=True)
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.source} to {self.target}"


class Payment(models.Model):
    """One attempt at the provider, committed with its key before the call."""

    class State(models.TextChoices):
        PENDING = "pending", "sent, outcome unknown"
        SUCCEEDED = "succeeded", "succeeded"
        REFUSED = "refused", "refused"
        LOST = "lost", "did not arrive"

    pledge = models.ForeignKey(CashPledge, models.PROTECT, related_name="payments")
    number = models.PositiveIntegerField()
    idempotency_key = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    code = models.CharField(max_length=60, blank=True)
    decline_code = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("pledge", "number"), name="payment_number_once"),
            models.UniqueConstraint(
                fields=("pledge",), condition=Q(state="pending"), name="one_pending_payment_a_pledge"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.pledge_id}"


class PledgeMail(models.Model):
    """A mail about a pledge, written with what caused it and sent once by the sweep."""

    pledge = models.ForeignKey(CashPledge, models.PROTECT, related_name="mails")
    kind = models.CharField(max_length=20)
    number = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("pledge", "kind", "number"), name="pledge_mail_once")]

    def __str__(self) -> str:
        return f"{self.kind} mail of {self.pledge_id}"
