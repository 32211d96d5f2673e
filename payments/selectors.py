"""The rows behind the money's figures, as lazy query sets, newest first unless said otherwise."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_noop

from payments.models import (
    BalanceRecord,
    CashPledge,
    CashPledgeTransition,
    Dispute,
    Hold,
    LedgerDay,
    LedgerEntry,
    LedgerTransaction,
    Payment,
    Payout,
    ReconciliationDifference,
    Refund,
    WebhookEvent,
)
from payments.selectors_funnel import LEDGER_STAGES

Kind = LedgerTransaction.Kind
# Exports run over millions of rows: they read what they write.
PLEDGE_FIELDS = (
    "created_at", "state", "amount_minor", "currency", "payment_intent_id", "settled_at", "project__slug",
    "backer__email",
)  # fmt: skip
ENTRY_FIELDS = (
    "account", "debit", "credit", "currency", "transaction__recorded_at", "transaction__reference",
    "transaction__pledge_id", "transaction__project__slug",
)  # fmt: skip
# The decline code, or the code where the bank gave none.
REASON = Coalesce(NullIf("decline_code", Value("")), NullIf("code", Value("")), Value(gettext_noop("no reason given")))


def pledges_in(states: tuple[str, ...], at: datetime) -> QuerySet[CashPledge]:
    """Pledges that were in one of `states` at the moment, from their history."""
    last = CashPledgeTransition.objects.filter(pledge=OuterRef("pk"), happened_at__lte=at).order_by("-pk")
    made = CashPledge.objects.filter(created_at__lte=at)
    found = made.annotate(state_then=Subquery(last.values("target")[:1])).filter(state_then__in=states)
    return found.select_related("project", "backer").only(*PLEDGE_FIELDS).order_by("-created_at", "pk")


def settled_pledges(at: datetime) -> QuerySet[CashPledge]:
    """Pledges whose charge became available until `at`; their gross counts."""
    found = CashPledge.objects.filter(settled_at__lte=at).select_related("project", "backer")
    return found.only(*PLEDGE_FIELDS).order_by("-created_at", "pk")


def ledger_rows(at: datetime, stage: str) -> QuerySet[LedgerEntry]:
    """The entries that a stage of the funnel is the sum of, until `at`."""
    kinds, account, _ = LEDGER_STAGES[stage]
    rows = LedgerEntry.objects.filter(
        transaction__kind__in=kinds, account=account, transaction__recorded_at__lte=at
    ).select_related("transaction__project")
    return rows.only(*ENTRY_FIELDS).order_by("-pk")


def disputes_standing(at: datetime) -> QuerySet[Dispute]:
    """Disputes that were undecided at a moment, the nearest due day first."""
    open_then = Dispute.objects.filter(Q(closed_at=None) | Q(closed_at__gt=at), opened_at__lte=at)
    return open_then.select_related("pledge__project").order_by(F("due_at").asc(nulls_last=True), "pk")


def open_disputes() -> QuerySet[Dispute]:
    """Undecided now, the nearest due day first."""
    found = Dispute.objects.filter(state__in=Dispute.OPEN).select_related("pledge__project")
    return found.order_by(F("due_at").asc(nulls_last=True), "pk")


def failed_payments() -> QuerySet[Payment]:
    """The last refusals of pledges that are still to be charged."""
    refused = Payment.objects.filter(state=Payment.State.REFUSED, pledge__state__in=CashPledge.COLLECTING)
    return refused.select_related("pledge__project", "pledge__backer").order_by("-pk")


def refused_payments(since: datetime) -> QuerySet[Any]:
    """Every refusal since a moment with its reason, whatever became of the pledge."""
    refused = Payment.objects.filter(state=Payment.State.REFUSED, finished_at__gte=since).annotate(reason=REASON)
    return refused.select_related("pledge__project", "pledge__backer").order_by("-finished_at", "-pk")


def stuck_payments(before: datetime) -> QuerySet[Payment]:
    """Attempts sent before a moment whose outcome is unknown."""
    stuck = Payment.objects.filter(state=Payment.State.PENDING, sent_at__lt=before)
    return stuck.select_related("pledge__project", "pledge__backer").order_by("-pk")


def open_differences() -> QuerySet[ReconciliationDifference]:
    """What the last reconciliation found, explained or not."""
    return ReconciliationDifference.objects.filter(gone_at=None).select_related("explained_by").order_by("-pk")


def unsettled_charges() -> QuerySet[Any]:
    """Charges whose money is not available yet, with the provider's day of it, soonest first."""
    record = BalanceRecord.objects.filter(transaction_id=OuterRef("provider_id"))
    rows = LedgerTransaction.objects.filter(
        kind=Kind.CHARGE, pledge__collected_at__isnull=False, pledge__settled_at=None
    ).annotate(available_at=Subquery(record.values("available_at")[:1]))
    return rows.select_related("project").order_by("available_at", "pk")


def pledges_to_repair() -> QuerySet[CashPledge]:
    """Declined or waiting for their holder; the window that ends first comes first."""
    waiting = CashPledge.objects.filter(state__in=(CashPledge.State.NEEDS_ACTION, CashPledge.State.RETRYING))
    return waiting.select_related("project", "backer").order_by("fix_ends_at", "pk")


def refunds_under_way() -> QuerySet[Refund]:
    """Asked for and not paid back yet, the oldest first."""
    found = Refund.objects.filter(state__in=(Refund.State.PENDING, Refund.State.SENT))
    return found.select_related("pledge__project").order_by("created_at", "pk")


def refunds_sent_back() -> QuerySet[Refund]:
    """Refunds that a bank or the provider refused and that nobody asked for again: somebody must find another way."""
    again = Refund.objects.filter(pledge=OuterRef("pledge"), created_at__gte=OuterRef("finished_at"))
    found = Refund.objects.filter(~Exists(again.exclude(state=Refund.State.FAILED)), state=Refund.State.FAILED)
    return found.select_related("pledge__project", "pledge__backer").order_by("-finished_at", "pk")


def payouts_in(state: str) -> QuerySet[Payout]:
    """Payouts in a state, the oldest first."""
    found = Payout.objects.filter(state=state).select_related("project__creator", "milestone", "recipient")
    return found.order_by("requested_at", "pk")


def troubled_events(since: datetime) -> QuerySet[WebhookEvent]:
    """Events that are parked or failed; of those closed as about nothing that we know, the ones taken in `since`."""
    found = WebhookEvent.objects.exclude(error="").filter(Q(processed_at=None) | Q(received_at__gte=since))
    return found.order_by("-received_at", "-pk")


def standing_holds() -> QuerySet[Hold]:
    """Holds that nobody lifted."""
    found = Hold.objects.filter(lifted_at=None)
    return found.select_related("pledge__project", "project", "user", "set_by").order_by("-pk")


def held_below_zero() -> QuerySet[LedgerDay, Any]:
    """Projects that owe more than they hold, by currency: {project_id, currency, held} in minor units, below zero."""
    days = LedgerDay.objects.filter(account=LedgerEntry.Account.PROJECT_HELD).order_by()
    sums = days.values("project_id", "project__title", "project__slug", "currency")
    return sums.annotate(held=Sum(F("credit") - F("debit"))).filter(held__lt=0).order_by("held")
