"""The rows behind each figure of money: what they are, their columns, where they come from."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clock.services import business_now
from pages.dashboard.money_columns import (
    BELOW_COLUMNS,
    CHARGE_COLUMNS,
    DIFFERENCE_COLUMNS,
    DISPUTE_COLUMNS,
    ENTRY_COLUMNS,
    EVENT_COLUMNS,
    HOLD_COLUMNS,
    PAYMENT_COLUMNS,
    PAYOUT_COLUMNS,
    PLEDGE_COLUMNS,
    REFUND_COLUMNS,
    REPAIR_COLUMNS,
    project_link,
)
from pages.dashboard.rows import RowSource
from payments import selectors
from payments.selectors_funnel import COLLECTABLE_STATES, PLEDGED_STATES, STAGES, funding_rows
from payments.selectors_sections import FAILURE_DAYS, TROUBLED_FOR
from values.texts import Text

STUCK_AFTER = timedelta(minutes=15)
EVERY_PROJECT = 1_000_000
BY_CURRENCY = (("currency", "currency"),)
BY_REFUND = (("currency", "pledge__currency"),)
BY_SETTLEMENT = (("currency", "provider_currency"), ("day", "available_at__date"))


def _by_project(found: QuerySet[Any], project_id: int | None, field: str = "project_id") -> QuerySet[Any]:
    return found if project_id is None else found.filter(**{field: project_id})


def _pledges(states: tuple[str, ...]) -> Any:
    return lambda at, project: _by_project(selectors.pledges_in(states, at), project)


def _entries(title: Text, explains: Text, stage: str) -> RowSource:
    def rows(at: datetime, project_id: int | None) -> QuerySet[Any]:
        return _by_project(selectors.ledger_rows(at, stage), project_id, "transaction__project_id")

    return RowSource(title, explains, ENTRY_COLUMNS, rows, BY_CURRENCY)


def _now(found: Any, field: str) -> Any:
    """Rows of this moment, whatever moment is asked for."""
    return lambda _at, project: _by_project(found(), project, field)


def _project_columns() -> tuple[tuple[Text, Any], ...]:
    figures = [(stage.capitalize(), lambda row, stage=stage: row.sums.amounts[stage]) for stage in STAGES]
    head = (("Project", lambda row: project_link(row.project.slug)), ("Currency", lambda row: row.sums.currency))
    return (*head, *figures)


MOMENT_SOURCES = {
    "money-projects": RowSource(
        _("Money of all projects"),
        _("Minor units by stage, the most collected first."),
        _project_columns(),
        lambda at, _project: funding_rows(at=at, limit=EVERY_PROJECT),
        (("currency", "sums__currency"),),
    ),
    "money-pledged": RowSource(
        _("Pledged money"),
        _("Promises that count, or were charged."),
        PLEDGE_COLUMNS,
        _pledges(PLEDGED_STATES),
        BY_CURRENCY,
    ),
    "money-collectable": RowSource(
        _("Collectable money"),
        _("Promises with a saved card that are not charged yet."),
        PLEDGE_COLUMNS,
        _pledges(COLLECTABLE_STATES),
        BY_CURRENCY,
    ),
    "money-collected": _entries(_("Collected money"), _("What charges brought, gross, without tips."), "collected"),
    "money-settled": RowSource(
        _("Settled money"),
        _("Charges whose money is available at the provider, gross."),
        PLEDGE_COLUMNS,
        lambda at, project: _by_project(selectors.settled_pledges(at), project),
        BY_CURRENCY,
    ),
    "money-released": _entries(_("Released money"), _("Booked for creators, net of fees and reserve."), "released"),
    "money-paid": _entries(_("Money paid out"), _("Transfers to creators."), "paid"),
    "money-refunded": _entries(_("Refunded money"), _("What went back, less what banks sent back."), "refunded"),
    "money-disputed": RowSource(
        _("Disputed money"),
        _("What banks took and had not decided on."),
        DISPUTE_COLUMNS,
        lambda at, project: _by_project(selectors.disputes_standing(at), project, "pledge__project_id"),
        BY_CURRENCY,
    ),
    "money-lost": _entries(_("Money lost in disputes"), _("What banks took for good from projects."), "lost"),
}
STANDING_SOURCES = {
    "failed-charges": RowSource(
        _("Failed charges"),
        _("Refused attempts of pledges that are still to be charged."),
        PAYMENT_COLUMNS,
        _now(selectors.failed_payments, "pledge__project_id"),
    ),
    "refused-charges": RowSource(
        _("Refused attempts"),
        format_lazy(_("Of the last {failure_days} days, whatever became of the pledge."), failure_days=FAILURE_DAYS),
        PAYMENT_COLUMNS,
        _now(lambda: selectors.refused_payments(business_now() - timedelta(days=FAILURE_DAYS)), "pledge__project_id"),
        (("reason", "reason"),),
    ),
    "stuck-charges": RowSource(
        _("Charges without an outcome"),
        _("Attempts that the provider has not answered for 15 minutes."),
        PAYMENT_COLUMNS,
        _now(lambda: selectors.stuck_payments(business_now() - STUCK_AFTER), "pledge__project_id"),
    ),
    "money-differences": RowSource(
        _("Differences in money"),
        _("Ledger and provider disagree. Explained ones stay until they are gone."),
        DIFFERENCE_COLUMNS,
        lambda _at, _project: selectors.open_differences(),
    ),
    "disputes": RowSource(
        _("Open disputes"),
        _("The nearest due day first."),
        DISPUTE_COLUMNS,
        _now(selectors.open_disputes, "pledge__project_id"),
        BY_CURRENCY,
    ),
    "to-repair": RowSource(
        _("Pledges to be repaired"),
        _("Declined, or waiting for their holder; the window that ends first comes first."),
        REPAIR_COLUMNS,
        _now(selectors.pledges_to_repair, "project_id"),
        BY_CURRENCY,
    ),
    "refunds-open": RowSource(
        _("Refunds under way"),
        _("Asked for and not paid back yet, the oldest first."),
        REFUND_COLUMNS,
        _now(selectors.refunds_under_way, "pledge__project_id"),
        BY_REFUND,
    ),
    "refunds-sent-back": RowSource(
        _("Refunds that came back"),
        _("Refused by a bank or the provider, and not given back since."),
        REFUND_COLUMNS,
        _now(selectors.refunds_sent_back, "pledge__project_id"),
        BY_REFUND,
    ),
    "payouts-waiting": RowSource(
        _("Payouts that wait for release"),
        _("The oldest first. Nothing is sent before an admin releases it."),
        PAYOUT_COLUMNS,
        _now(lambda: selectors.payouts_in("requested"), "project_id"),
        BY_CURRENCY,
    ),
    "payouts-unsent": RowSource(
        _("Released payouts that are not sent"),
        _("The oldest first."),
        PAYOUT_COLUMNS,
        _now(lambda: selectors.payouts_in("released"), "project_id"),
        BY_CURRENCY,
    ),
    "settlements": RowSource(
        _("Charges that are not settled"),
        _("With the day on which the provider makes them available."),
        CHARGE_COLUMNS,
        _now(selectors.unsettled_charges, "project_id"),
        BY_SETTLEMENT,
    ),
    "events": RowSource(
        _("Events of the provider in trouble"),
        _("Parked or failed; of the last week also those about nothing known."),
        EVENT_COLUMNS,
        lambda _at, _project: selectors.troubled_events(timezone.now() - TROUBLED_FOR),
    ),
    "holds": RowSource(
        _("Holds"), _("What nobody lifted yet."), HOLD_COLUMNS, lambda _at, _project: selectors.standing_holds()
    ),
    "below-zero": RowSource(
        _("Projects below zero"),
        _("They owe more than they hold: a loss to be written off, or a mistake."),
        BELOW_COLUMNS,
        _now(selectors.held_below_zero, "project_id"),
        BY_CURRENCY,
    ),
}
MONEY_SOURCES = {**MOMENT_SOURCES, **{key: replace(rows, of_now=True) for key, rows in STANDING_SOURCES.items()}}
