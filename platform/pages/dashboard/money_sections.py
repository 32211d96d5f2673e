"""Sections of the dashboard below the funnel: a few rows each, of this moment, with all of them a click away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pages.dashboard.money_columns import days_left, pledge_link, project_link
from pages.dashboard.money_rows import MONEY_SOURCES
from pages.dashboard.rows import Link, RowSource, narrowed
from payments.models import Dispute, Payout, ReconciliationDifference
from payments.selectors_sections import (
    CALENDAR_DAYS,
    FAILURE_DAYS,
    CalendarDay,
    ageing,
    failures_by_reason,
    settlement_calendar,
)
from values.money import Money
from values.texts import Text

FEW = 6


@dataclass(frozen=True, slots=True)
class Section:
    """A small table. `keys` are (words, key of the rows) of the figures in it."""

    title: str
    explains: Text
    labels: tuple[str, ...]
    cells: list[list[object]]
    keys: tuple[tuple[str, str], ...]
    empty: str
    has_more: bool = False
    # Where it is of another moment than the page's others: machines work in real time, whatever the clock control says.
    at: datetime | None = None


def money_sections(*, now: datetime) -> list[Section]:
    """Exceptions first. Six queries, whatever there is."""
    return [_differences(now), _disputes(now), _payouts(now), _calendar(now), _failures(now), _ageing(now)]


def _first(key: str, now: datetime) -> tuple[RowSource, list[object], bool]:
    source = MONEY_SOURCES[key]
    rows = list(islice(iter(source.rows(now, None)[: FEW + 1]), FEW + 1))
    return source, rows[:FEW], len(rows) > FEW


def _differences(now: datetime) -> Section:
    source, rows, more = _first("money-differences", now)
    cells = [_difference(row, now) for row in rows if isinstance(row, ReconciliationDifference)]
    labels = ("What", "Reference", "Detail", "Since (UTC)", "Explanation")
    empty = gettext("None: ledger and provider agree.")
    return Section("Drift", source.explains, labels, cells, (("differences", "money-differences"),), empty, more)


def _difference(row: ReconciliationDifference, now: datetime) -> list[object]:
    explain = Link("Explain", "pages:difference", row.pk)
    since = gettext("%(found_at)s, %(days)s days") % {
        "found_at": f"{row.found_at:%d %b %Y, %H:%M}",
        "days": (now - row.found_at).days,
    }
    return [row.kind, row.reference, row.detail, since, row.explanation or explain]


def _disputes(now: datetime) -> Section:
    source, rows, more = _first("disputes", now)
    cells = [_dispute(row, now) for row in rows if isinstance(row, Dispute)]
    labels = (
        gettext("Left"),
        gettext("Evidence until (UTC)"),
        gettext("Amount"),
        gettext("Reason"),
        gettext("State"),
        gettext("Project"),
        gettext("Pledge"),
    )
    return Section(
        gettext("Disputes"), source.explains, labels, cells, (("disputes", "disputes"),), gettext("None is open."), more
    )


def _dispute(row: Dispute, now: datetime) -> list[object]:
    due = f"{row.due_at:%d %b %Y, %H:%M}" if row.due_at else ""
    slug = row.pledge.project.slug
    words = days_left(row.due_at, now)
    state = row.get_state_display()
    return [words, due, row.amount, row.reason, state, project_link(slug), pledge_link(row.pledge_id)]


def _payouts(now: datetime) -> Section:
    source, rows, more = _first("payouts-waiting", now)
    keys = ((gettext("waiting for release"), "payouts-waiting"), (gettext("released, not sent"), "payouts-unsent"))
    cells = [_payout(row, now) for row in rows if isinstance(row, Payout)]
    labels = ("Waits", "Payout", "Project", "Creator", "Recipient")
    return Section(gettext("Payouts"), source.explains, labels, cells, keys, gettext("None waits for release."), more)


def _payout(row: Payout, now: datetime) -> list[object]:
    days = (now - row.requested_at).days
    what = Link(row.milestone or "Reserve", "pages:payout", row.pk)
    recipient = "ready" if row.recipient.is_active else gettext("not ready")
    return [
        gettext("%(days)s day%(days_2)s") % {"days": days, "days_2": "s"[: days != 1]},
        what,
        project_link(row.project.slug),
        row.project.creator.email,
        recipient,
    ]


def _calendar(now: datetime) -> Section:
    cells: list[list[object]] = [
        [_day(row), row.charges, Money(row.net_minor, row.currency)] for row in settlement_calendar(now=now)
    ]
    title = gettext("Settlement calendar")
    explains = gettext("What becomes available in the next %(calendar_days)s days, net of the provider's fees.") % {
        "calendar_days": CALENDAR_DAYS
    }
    labels = ("Day (UTC)", "Charges", "Net")
    return Section(title, explains, labels, cells, (("charges", "settlements"),), gettext("Nothing is under way."))


def _day(row: CalendarDay) -> object:
    if row.day is None:
        return gettext("due now")
    return narrowed(f"{row.day:%a %d %b %Y}", "settlements", day=row.day.isoformat(), currency=row.currency)


def _failures(now: datetime) -> Section:
    found = failures_by_reason(now=now)
    cells: list[list[object]] = [
        [narrowed(row.reason, "refused-charges", reason=row.reason), row.attempts, row.pledges, row.charged_since]
        for row in found
    ]
    labels = (gettext("Reason"), gettext("Refused attempts"), gettext("Pledges"), gettext("Of them charged since"))
    explains = gettext("Refused attempts of the last %(failure_days)s days.") % {"failure_days": FAILURE_DAYS}
    keys = (("attempts", "refused-charges"), (gettext("still to be repaired"), "failed-charges"))
    return Section(gettext("Failures by reason"), explains, labels, cells, keys, gettext("No attempt was refused."))


WHAT = {
    "repair": (_("Pledges to be repaired"), "to-repair"),
    "refund": (_("Refunds under way"), "refunds-open"),
    "payout": (_("Released payouts, not sent"), "payouts-unsent"),
}


def _ageing(now: datetime) -> Section:
    cells: list[list[object]] = [
        [narrowed(*WHAT[row.what], currency=row.currency), row.label, row.count, Money(row.amount_minor, row.currency)]
        for row in ageing(now=now)
    ]
    explains = gettext("What waits, and for how long: pledges by the day of their repair window, the rest by age.")
    keys = (("pledges", "to-repair"), ("refunds", "refunds-open"), ("payouts", "payouts-unsent"))
    return Section(
        gettext("Ageing"),
        explains,
        (gettext("What"), gettext("Age"), gettext("Number"), gettext("Amount")),
        cells,
        keys,
        gettext("Nothing waits."),
    )
