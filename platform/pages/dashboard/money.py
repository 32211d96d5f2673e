"""The money half of the dashboard: findings, the funnel by currency, and the rows behind each figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from pages.dashboard.charts import Bar, bars
from pages.dashboard.overview import Finding
from pages.dashboard.rows import RowSource
from payments import selectors
from payments.models import CashPledge
from payments.selectors import FundingRow
from projects.models import Project
from values.money import Money

STUCK_AFTER = timedelta(minutes=15)
PLEDGE_COLUMNS = (
    ("Made (UTC)", lambda pledge: pledge.created_at.isoformat()),
    ("Pledge", lambda pledge: pledge.pk),
    ("Project", lambda pledge: pledge.project.slug),
    ("Backer", lambda pledge: pledge.backer.email),
    ("State", lambda pledge: pledge.state),
    ("Amount in minor units", lambda pledge: pledge.amount_minor),
    ("Currency", lambda pledge: pledge.currency),
    ("PaymentIntent", lambda pledge: pledge.payment_intent_id),
)
ENTRY_COLUMNS = (
    ("Recorded (UTC)", lambda entry: entry.transaction.recorded_at.isoformat()),
    ("Reference", lambda entry: entry.transaction.reference),
    ("Project", lambda entry: entry.transaction.project.slug),
    ("Pledge", lambda entry: entry.transaction.pledge_id),
    ("Account", lambda entry: entry.account),
    ("Debit in minor units", lambda entry: entry.debit),
    ("Credit in minor units", lambda entry: entry.credit),
    ("Currency", lambda entry: entry.currency),
)
PAYMENT_COLUMNS = (
    ("Sent (UTC)", lambda payment: payment.sent_at.isoformat()),
    ("Project", lambda payment: payment.pledge.project.slug),
    ("Pledge", lambda payment: payment.pledge_id),
    ("Backer", lambda payment: payment.pledge.backer.email),
    ("Attempt", lambda payment: payment.number),
    ("Code", lambda payment: payment.code),
    ("Decline code", lambda payment: payment.decline_code),
    ("Message", lambda payment: payment.message),
    ("Now", lambda payment: payment.pledge.state),
)
DIFFERENCE_COLUMNS = (
    ("Found (UTC)", lambda row: row.found_at.isoformat()),
    ("Reference", lambda row: row.reference),
    ("What", lambda row: row.kind),
    ("Detail", lambda row: row.detail),
)


def _pledges(states: tuple[str, ...]) -> Any:
    def rows(at: datetime, project_id: int | None) -> QuerySet[CashPledge]:
        return (
            _of_project(selectors.pledges_in(states, at), project_id)
            .select_related("project", "backer")
            .order_by("-created_at", "pk")
        )

    return rows


def _of_project(found: QuerySet[CashPledge], project_id: int | None) -> QuerySet[CashPledge]:
    return found if project_id is None else found.filter(project_id=project_id)


def _settled(at: datetime, project_id: int | None) -> QuerySet[CashPledge]:
    found = _of_project(selectors.settled_pledges(at), project_id)
    return found.select_related("project", "backer").order_by("-settled_at", "pk")


def _entries(kind: str) -> Any:
    def rows(at: datetime, project_id: int | None) -> Any:
        found = selectors.ledger_rows(at, kind)
        return found if project_id is None else found.filter(transaction__project_id=project_id)

    return rows


MONEY_SOURCES = {
    "money-pledged": RowSource(
        "Pledged money", "Promises that count, or were charged.", PLEDGE_COLUMNS, _pledges(selectors.PLEDGED_STATES)
    ),
    "money-collectable": RowSource(
        "Collectable money",
        "Promises with a saved card that are not charged yet.",
        PLEDGE_COLUMNS,
        _pledges(selectors.COLLECTABLE_STATES),
    ),
    "money-collected": RowSource(
        "Collected money", "Ledger entries of charges: gross held, net pending, fee.", ENTRY_COLUMNS, _entries("charge")
    ),
    "money-settled": RowSource(
        "Settled money", "Charges whose money is available at the provider, gross.", PLEDGE_COLUMNS, _settled
    ),
    "money-refunded": RowSource("Refunded money", "Ledger entries of refunds.", ENTRY_COLUMNS, _entries("refund")),
    "failed-charges": RowSource(
        "Failed charges",
        "Refused attempts of pledges that are still to be charged.",
        PAYMENT_COLUMNS,
        lambda _at, _project_id: selectors.failed_payments(),
    ),
    "stuck-charges": RowSource(
        "Charges without an outcome",
        "Attempts that the provider has not answered for 15 minutes.",
        PAYMENT_COLUMNS,
        lambda _at, _project_id: selectors.stuck_payments(timezone.now() - STUCK_AFTER),
    ),
    "money-differences": RowSource(
        "Differences in money",
        "Ledger and provider disagree.",
        DIFFERENCE_COLUMNS,
        lambda _at, _project_id: selectors.open_differences(),
    ),
}


def money_findings() -> list[Finding]:
    """Exceptions of the money side, those that are there."""
    counts = (
        (selectors.open_differences().count(), "difference{s} between ledger and provider", "money-differences"),
        (selectors.failed_payments().count(), "failed charge{s} to be repaired", "failed-charges"),
        (
            selectors.stuck_payments(timezone.now() - STUCK_AFTER).count(),
            "charge{s} without an outcome for over 15 minutes",
            "stuck-charges",
        ),
    )
    return [
        Finding(f"{number} {words.format(s='' if number == 1 else 's')}", number, key)
        for number, words, key in counts
        if number
    ]


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure with the key of its rows."""

    stage: str
    text: str
    rows: str


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """A project's row."""

    project: Project
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class MoneySummary:
    """One currency: rows, sums and the chart."""

    currency: str
    stages: tuple[str, ...]
    rows: list[MoneyLine]
    total: list[Cell]
    chart: list[Bar]


def money_summaries(*, at: datetime) -> list[MoneySummary]:
    """The funnel of each currency; currencies are never added up."""
    found = selectors.funding_funnel(at=at)
    return [_summary(currency, list(rows)) for currency, rows in groupby(found, key=lambda row: row.currency)]


def _summary(currency: str, rows: list[FundingRow]) -> MoneySummary:
    sums = {stage: sum(getattr(row, stage) for row in rows) for stage in FundingRow.STAGES}
    lines = [MoneyLine(row.project, [_cell(stage, getattr(row, stage), currency) for stage in sums]) for row in rows]
    total = [_cell(stage, amount, currency) for stage, amount in sums.items()]
    solid = ("collected", "settled")
    chart = bars([(s, amount, str(Money(amount, currency)), s in solid) for s, amount in sums.items()])
    return MoneySummary(currency, FundingRow.STAGES, lines, total, chart)


def _cell(stage: str, amount: int, currency: str) -> Cell:
    return Cell(stage, str(Money(amount, currency)), f"money-{stage}")
