"""Where the money is, as of a moment: from the states' history and the ledger, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from payments.models import (
    CashPledge,
    CashPledgeTransition,
    LedgerEntry,
    LedgerTransaction,
    Payment,
    ReconciliationDifference,
)
from projects.models import Project

State = CashPledge.State
Kind = LedgerTransaction.Kind
Account = LedgerEntry.Account


@dataclass(slots=True)
class FundingRow:
    """One project in its currency, in minor units, cumulative.

    pledged: promises that count or counted to the end; collectable: those not yet charged, whose card is saved;
    collected: charged, gross; settled: of that, net and fee both known and available; refunded: gone back.
    """

    project: Project
    currency: str
    pledged: int = 0
    collectable: int = 0
    collected: int = 0
    settled: int = 0
    refunded: int = 0

    STAGES = ("pledged", "collectable", "collected", "settled", "refunded")


def pledges_in(states: tuple[str, ...], at: datetime) -> QuerySet[CashPledge]:
    """Pledges that were in one of `states` at the moment, from their history."""
    last = CashPledgeTransition.objects.filter(pledge=OuterRef("pk"), happened_at__lte=at).order_by("-pk")
    made = CashPledge.objects.filter(created_at__lte=at)
    return made.annotate(state_then=Subquery(last.values("target")[:1])).filter(state_then__in=states)


PLEDGED_STATES = (*CashPledge.COUNTED, State.REFUNDED)
COLLECTABLE_STATES = (State.ACTIVE, *CashPledge.COLLECTING)


def funding_funnel(*, at: datetime) -> list[FundingRow]:
    """Rows of every project that money was pledged to."""
    found: dict[tuple[int, str], FundingRow] = {}
    for stage, pledges in (
        ("pledged", pledges_in(PLEDGED_STATES, at)),
        ("collectable", pledges_in(COLLECTABLE_STATES, at)),
        ("settled", settled_pledges(at)),
    ):
        sums = pledges.values_list("project_id", "currency").annotate(n=Sum("amount_minor")).order_by()
        _add(found, stage, sums)
    for stage, kind, side in (("collected", Kind.CHARGE, "credit"), ("refunded", Kind.REFUND, "debit")):
        held = ledger_rows(at, kind).filter(account=Account.PROJECT_HELD)
        entries = held.values_list("transaction__project_id", "currency").annotate(n=Sum(side)).order_by()
        _add(found, stage, entries)
    projects = Project.objects.in_bulk([project_id for project_id, _ in found])
    for (project_id, _), row in found.items():
        row.project = projects[project_id]
    return sorted(found.values(), key=lambda row: (row.currency, row.project.title))


def _add(found: dict[tuple[int, str], FundingRow], stage: str, sums: Iterable[tuple[int, str, int]]) -> None:
    for project_id, currency, amount in sums:
        row = found.setdefault((project_id, currency), FundingRow(Project(pk=project_id), currency))
        setattr(row, stage, amount)


def settled_pledges(at: datetime) -> QuerySet[CashPledge]:
    """Pledges whose charge became available until `at`; their gross counts."""
    return CashPledge.objects.filter(settled_at__lte=at)


def ledger_rows(at: datetime, kind: str) -> QuerySet[LedgerEntry]:
    """Entries of one kind until `at`, newest first."""
    entries = LedgerEntry.objects.filter(transaction__kind=kind, transaction__recorded_at__lte=at)
    return entries.select_related("transaction__project").order_by("-pk")


def failed_payments() -> QuerySet[Payment]:
    """The last refusals of pledges that are still to be charged."""
    refused = Payment.objects.filter(state=Payment.State.REFUSED, pledge__state__in=CashPledge.COLLECTING)
    return refused.select_related("pledge__project", "pledge__backer").order_by("-pk")


def stuck_payments(before: datetime) -> QuerySet[Payment]:
    """Attempts sent before a moment whose outcome is unknown."""
    stuck = Payment.objects.filter(state=Payment.State.PENDING, sent_at__lt=before)
    return stuck.select_related("pledge__project", "pledge__backer").order_by("-pk")


def open_differences() -> QuerySet[ReconciliationDifference]:
    """What the last reconciliation found and nobody has explained."""
    return ReconciliationDifference.objects.filter(Q(gone_at=None)).order_by("-pk")
