"""A cash pledge, its history, its attempts at the provider, and the mail that it caused."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models.supports import MonthlySupport
from projects.models import Project, Reward
from values.money import Money


class CashPledgeQuerySet(models.QuerySet["CashPledge"]):
    """Reusable reads."""

    def not_held(self) -> CashPledgeQuerySet:
        """Without those that staff holds: the pledge itself, its backer or its project."""
        from payments.models.holds import Hold

        open_ = Hold.objects.filter(lifted_at=None)
        return self.exclude(
            Exists(open_.filter(Q(pledge=OuterRef("pk")) | Q(user=OuterRef("backer")) | Q(project=OuterRef("project"))))
        )

    def chargeable(self, now: object) -> CashPledgeQuerySet:
        """Due for an attempt: of a project that collects, or a month of a support."""
        collects = Q(project__state=Project.State.COLLECTING) | Q(support__isnull=False)
        due = self.filter(collects, state__in=("locked", "retrying"), next_attempt_at__lte=now)
        return due.not_held()


class CashPledge(models.Model):
    """A conditional promise of money. One PaymentIntent for life: it can succeed at most once.

    `is_charged_at_once` is the keep-what-you-raise way; otherwise a card is saved and charged after the deadline.
    """

    class State(models.TextChoices):
        STARTED = "started", _("started, card not saved yet")
        ACTIVE = "active", _("active")
        LOCKED = "locked", _("being charged")
        RETRYING = "retrying", _("declined, will be tried again")
        NEEDS_ACTION = "needs_action", _("needs you")
        COLLECTED = "collected", _("charged")
        DISPUTED = "disputed", _("disputed at the bank")
        LOST = "lost", _("taken back by the bank")
        REFUNDED = "refunded", _("refunded")
        DROPPED = "dropped", _("dropped")
        CANCELED = "canceled", _("canceled")
        RELEASED = "released", _("released, never charged")

    COUNTED = (State.ACTIVE, State.LOCKED, State.RETRYING, State.NEEDS_ACTION, State.COLLECTED, State.DISPUTED)
    CHARGED = (State.COLLECTED, State.DISPUTED, State.LOST, State.REFUNDED)
    COLLECTING = (State.LOCKED, State.RETRYING, State.NEEDS_ACTION)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client_token = models.UUIDField(unique=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="cash_pledges")
    backer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="cash_pledges")
    reward = models.ForeignKey(Reward, models.PROTECT, null=True, related_name="cash_pledges")
    support = models.ForeignKey(MonthlySupport, models.PROTECT, null=True, related_name="pledges")
    period = models.DateField(null=True)
    amount_minor = models.BigIntegerField()
    tip_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=14, choices=State, default=State.STARTED)
    is_charged_at_once = models.BooleanField(default=False)
    is_late = models.BooleanField(default=False)
    is_anonymous = models.BooleanField(default=True)
    origin = models.CharField(max_length=64, blank=True)
    card_fingerprint = models.CharField(max_length=40, blank=True)
    setup_intent_id = models.CharField(max_length=80, blank=True)
    new_setup_intent_id = models.CharField(max_length=80, blank=True)
    card_changes = models.PositiveSmallIntegerField(default=0)
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
    # When what it earned began to be owed; see `payments.services.fulfilling`.
    rewards_opened_at = models.DateTimeField(null=True)

    objects = CashPledgeQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="cash_pledge_is_positive"),
            models.CheckConstraint(condition=Q(tip_minor__gte=0), name="cash_pledge_tip_not_negative"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0)
                & Q(refunded_minor__lte=models.F("amount_minor") + models.F("tip_minor")),
                name="cash_pledge_refund_bounded",
            ),
            models.UniqueConstraint(fields=("support", "period"), name="one_pledge_a_support_period"),
            models.UniqueConstraint(
                fields=("payment_intent_id",), condition=~Q(payment_intent_id=""), name="one_pledge_a_payment_intent"
            ),
            models.UniqueConstraint(
                fields=("setup_intent_id",), condition=~Q(setup_intent_id=""), name="one_pledge_a_setup_intent"
            ),
        ]
        indexes = [
            models.Index(
                fields=("next_attempt_at",), condition=Q(state__in=("locked", "retrying")), name="cash_pledge_due"
            ),
            models.Index(fields=("project", "state"), name="cash_pledge_by_project"),
            models.Index(fields=("project", "-created_at"), name="cash_pledge_newest"),
            models.Index(
                fields=("project", "collected_at"),
                include=("amount_minor", "refunded_minor", "state"),
                condition=Q(collected_at__isnull=False, settled_at=None),
                name="cash_pledge_unsettled",
            ),
            models.Index(
                fields=("state",),
                condition=Q(state__in=("started", "needs_action", "disputed")),
                name="cash_pledge_open",
            ),
            models.Index(
                fields=("state",),
                condition=Q(is_card_released=False) & Q(state__in=("released", "canceled", "dropped")),
                name="cash_pledge_card_kept",
            ),
            models.Index(fields=("-created_at",), name="cash_pledge_recent"),
            models.Index(
                fields=("collected_at",),
                condition=Q(state="collected", rewards_opened_at=None),
                name="cash_pledge_rewards_due",
            ),
            models.Index(
                fields=("state",),
                condition=Q(state__in=("refunded", "lost"), rewards_opened_at__isnull=False),
                name="cash_pledge_rewards_gone",
            ),
            models.Index(
                fields=("card_fingerprint",), condition=~Q(card_fingerprint=""), name="cash_pledge_fingerprint"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return gettext("cash pledge %(pk)s") % {"pk": self.pk}

    @property
    def amount(self) -> Money:
        """What is promised to the project, add-ons included."""
        return Money(self.amount_minor, self.currency)

    @property
    def tip(self) -> Money:
        """What is given to the platform beside it."""
        return Money(self.tip_minor, self.currency)

    @property
    def total_minor(self) -> int:
        """What the card is charged."""
        return self.amount_minor + self.tip_minor

    @property
    def total(self) -> Money:
        """What the card is charged."""
        return Money(self.total_minor, self.currency)

    @property
    def refunded(self) -> Money:
        """What went back, refunds that are on their way included."""
        return Money(self.refunded_minor, self.currency)

    @property
    def refundable_minor(self) -> int:
        """What could still go back; nothing of a charge that the bank disputes."""
        return self.total_minor - self.refunded_minor if self.state == self.State.COLLECTED else 0

    @property
    def state_words(self) -> str:
        """The state as its backer reads it."""
        if self.state == self.State.COLLECTED and self.refunded_minor:
            return gettext("charged, refunded in part")
        return str(self.get_state_display())

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


class ReplacedCard(models.Model):
    """A card that another one replaced, until the provider has let it go."""

    pledge = models.ForeignKey(CashPledge, models.PROTECT, related_name="replaced_cards")
    payment_method_id = models.CharField(max_length=80)
    setup_intent_id = models.CharField(max_length=80, db_index=True)
    released_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return gettext("replaced card of %(pledge_id)s") % {"pledge_id": self.pledge_id}


class CashPledgeTransition(models.Model):
    """One change of state or of amount, written in the transaction that made it.

    The amounts are those before and after, so that any past day's figures are sums of these rows.
    """

    pledge = models.ForeignKey(CashPledge, models.PROTECT, related_name="transitions")
    source = models.CharField(max_length=14)
    target = models.CharField(max_length=14)
    amount_before = models.BigIntegerField()
    amount_after = models.BigIntegerField()
    reason = models.CharField(max_length=300, blank=True)
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)
        indexes = [models.Index(fields=("happened_at",), name="cash_transition_time")]

    def __str__(self) -> str:
        return f"{self.source} to {self.target}"

    @property
    def target_label(self) -> str:
        """The state it reached, in words."""
        return str(CashPledge.State(self.target).label)


class PledgeDay(models.Model):
    """Sums of the transitions by UTC day, kept by a trigger: pledges that entered a state less those that left it."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=14)
    day = models.DateField()
    pledges = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("project", "currency", "state", "day"), name="pledge_day_once")]

    def __str__(self) -> str:
        return f"{self.state} {self.day}"


class PledgeAddOn(models.Model):
    """An add-on chosen with a pledge, at its price of that moment."""

    pledge = models.ForeignKey(CashPledge, models.CASCADE, related_name="add_ons")
    reward = models.ForeignKey(Reward, models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    price_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("pledge", "reward"), name="add_on_once_a_pledge"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="add_on_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.reward_id}"


class Payment(models.Model):
    """One attempt at the provider, committed with its key before the call."""

    class State(models.TextChoices):
        PENDING = "pending", _("sent, outcome unknown")
        SUCCEEDED = "succeeded", _("succeeded")
        REFUSED = "refused", _("refused")
        LOST = "lost", _("did not arrive")

    pledge = models.ForeignKey(CashPledge, models.PROTECT, related_name="payments")
    number = models.PositiveIntegerField()
    idempotency_key = models.CharField(max_length=120, unique=True)
    payment_method_id = models.CharField(max_length=80, blank=True)
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
        indexes = [
            models.Index(fields=("sent_at",), condition=Q(state="pending"), name="payment_unknown"),
            models.Index(fields=("-finished_at",), condition=Q(state="refused"), name="payment_refused"),
        ]

    def __str__(self) -> str:
        return gettext("attempt %(number)s of %(pledge_id)s") % {"number": self.number, "pledge_id": self.pledge_id}


class NoticeMail(models.Model):
    """A mail to a creator or an admin about money, written with what caused it and sent once by the sweep."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=80)
    facts = models.JSONField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("user", "kind", "key"), name="notice_mail_once")]
        indexes = [models.Index(fields=("id",), condition=Q(sent_at=None), name="notice_mail_open")]

    def __str__(self) -> str:
        return gettext("%(kind)s mail to %(user_id)s") % {"kind": self.kind, "user_id": self.user_id}


class PledgeMail(models.Model):
    """A mail about a pledge, written with what caused it and sent once by the sweep."""

    pledge = models.ForeignKey(CashPledge, models.PROTECT, related_name="mails")
    kind = models.CharField(max_length=20)
    number = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("pledge", "kind", "number"), name="pledge_mail_once")]
        indexes = [models.Index(fields=("id",), condition=Q(sent_at=None), name="pledge_mail_open")]

    def __str__(self) -> str:
        return gettext("%(kind)s mail of %(pledge_id)s") % {"kind": self.kind, "pledge_id": self.pledge_id}
