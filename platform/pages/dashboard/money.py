"""The money half of the dashboard: exceptions, and the funnel by currency with what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pages.dashboard.charts import Bar, bars
from pages.dashboard.money_rows import STUCK_AFTER
from pages.dashboard.overview import Finding
from payments.selectors_funnel import STAGES, FundingRow, FundingSums, funding_rows, funding_totals
from payments.selectors_sections import open_counts
from projects.models import Project
from values.money import Money
from values.texts import Text

SHOWN = 20
DAY, WEEK = timedelta(days=1), timedelta(days=7)
SINCE = (_("24 hours before"), _("7 days before"))
LABELS = {
    "collectable": _("still to charge"),
    "paid": _("paid out"),
    "disputed": _("disputed now"),
    "lost": _("lost to banks"),
}
SOLID = ("collected", "settled", "released", "paid", "refunded", "lost")


def money_findings(*, now: datetime) -> list[Finding]:
    """Exceptions of the money side, those that are there, the gravest first; one query."""
    found = open_counts(stuck_before=now - STUCK_AFTER)
    counts = (
        (found.differences, gettext("difference{s} between ledger and provider, not explained"), "money-differences"),
        (found.below_zero, gettext("project{s} below zero"), "below-zero"),
        (found.stuck, gettext("charge{s} without an outcome for over 15 minutes"), "stuck-charges"),
        (found.disputes, gettext("open dispute{s}"), "disputes"),
        (found.sent_back, gettext("refund{s} that came back"), "refunds-sent-back"),
        (found.failed, gettext("failed charge{s} to be repaired"), "failed-charges"),
        (found.payouts, gettext("payout{s} waiting for release"), "payouts-waiting"),
        (found.events, gettext("event{s} of the provider in trouble"), "events"),
        (found.holds, "hold{s} standing", "holds"),
        (found.explained, gettext("explained difference{s}"), "money-differences"),
    )
    return [
        Finding(f"{number} {words.format(s='' if number == 1 else 's')}", number, key)
        for number, words, key in counts
        if number
    ]


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure with the address of its rows."""

    stage: str
    text: str
    href: str

    @property
    def csv_href(self) -> str:
        """The rows as CSV."""
        return f"{self.href}&format=csv"


@dataclass(frozen=True, slots=True)
class Delta:
    """A change in a sign and in words, so that it needs no color."""

    sign: str
    text: str
    words: str


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """A project's row."""

    project: Project
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class MoneySummary:
    """One currency: rows, what the projects beyond them have, sums, changes and the chart."""

    currency: str
    stages: tuple[Text, ...]
    rows: list[MoneyLine]
    others: list[str] | None
    total: list[Cell]
    deltas: list[tuple[Text, list[Delta]]]
    chart: list[Bar]
    every_project: str


def money_summaries(*, at: datetime) -> list[MoneySummary]:
    """The funnel of each currency; currencies are never added up. Three queries, whatever there is."""
    totals = funding_totals(at, at - DAY, at - WEEK)
    rows: dict[str, list[FundingRow]] = {}
    for row in funding_rows(at=at, limit=SHOWN):
        rows.setdefault(row.sums.currency, []).append(row)
    return [_summary(currency, sums, rows.get(currency, []), at) for currency, sums in sorted(totals.items())]


def _summary(currency: str, moments: list[FundingSums], rows: list[FundingRow], at: datetime) -> MoneySummary:
    query = urlencode({"currency": currency, "at": at.isoformat()})
    now, *before = [sums.amounts for sums in moments]
    shown = {stage: sum(row.sums.amounts[stage] for row in rows) for stage in STAGES}
    others = {stage: now[stage] - shown[stage] for stage in STAGES}
    hidden = len(rows) == SHOWN and any(others.values())
    chart = [
        (LABELS.get(stage, stage), now[stage], str(Money(now[stage], currency)), stage in SOLID) for stage in STAGES
    ]
    return MoneySummary(
        currency=currency,
        stages=tuple(LABELS.get(stage, stage) for stage in STAGES),
        rows=[
            MoneyLine(row.project, _cells(row.sums.amounts, currency, f"{query}&project={row.project.pk}"))
            for row in rows
        ],
        others=[str(Money(amount, currency)) for amount in others.values()] if hidden else None,
        total=_cells(now, currency, query),
        deltas=[
            (words, [_delta(now[stage] - then[stage], currency) for stage in STAGES])
            for words, then in zip(SINCE, before, strict=True)
        ],
        chart=bars(chart),
        every_project=f"{_address('projects')}?{query}",
    )


def _cells(amounts: dict[str, int], currency: str, query: str) -> list[Cell]:
    return [
        Cell(stage, str(Money(amount, currency)), f"{_address(stage)}?{query}") for stage, amount in amounts.items()
    ]


@cache
def _address(stage: str) -> str:
    return reverse("pages:dashboard_rows", args=[f"money-{stage}"])


def _delta(change: int, currency: str) -> Delta:
    if not change:
        return Delta("=", "", gettext("no change"))
    text = str(Money(abs(change), currency))
    return Delta("▲", text, "more") if change > 0 else Delta("▼", text, "less")
