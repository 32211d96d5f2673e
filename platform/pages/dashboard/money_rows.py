"""The rows behind each figure of money: what they are, their columns, where they come from."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from clock.services import business_now
from pages.dashboard.rows import Link, RowSource
from payments import selectors
from payments.models import Hold
from payments.selectors_funnel import COLLECTABLE_STATES, PLEDGED_STATES, STAGES, funding_rows
from payments.selectors_sections import FAILURE_DAYS, TROUBLED_FOR
from payments.services.holding import subject_of
from values.texts import Text

STUCK_AFTER = timedelta(minutes=15)
EVERY_PROJECT = 1_000_000
BY_CURRENCY = (("currency", "currency"),)
BY_REFUND = (("currency", "pledge__currency"),)
BY_SETTLEMENT = (("currency", "provider_currency"), ("day", "available_at__date"))


def time_text(moment: datetime | None) -> str:
    """ISO, to the second."""
    return moment.isoformat(timespec="seconds") if moment else ""


def pledge_link(pledge_id: object) -> Link:
    """To the staff page of a pledge."""
    return Link(pledge_id, "pages:acting_pledge", pledge_id)


def project_link(slug: str) -> Link:
    """To the staff page of a project."""
    return Link(slug, "pages:acting_project", slug)


def days_left(due: datetime | None, now: datetime) -> str:
    """In words: `3 days left`, `ends today`, `2 days over`."""
    if due is None:
        return gettext("the bank set no day")
    days = (due.date() - now.date()).days
    if days == 0:
        return gettext("ends today")
    left = ngettext("%(count)s day left", "%(count)s days left", days)
    over = ngettext("%(count)s day over", "%(count)s days over", -days)
    return (left if days > 0 else over) % {"count": abs(days)}


def held_words(hold: Hold) -> Link:
    """What it covers, with its page."""
    if hold.project:
        return project_link(hold.project.slug)
    if hold.user:
        return Link(hold.user.email, "pages:acting_person", hold.user.pk)
    return Link(subject_of(hold), "pages:acting_pledge", hold.pledge_id)


PLEDGE_COLUMNS = (
    ("Made (UTC)", lambda row: time_text(row.created_at)),
    (_("Pledge"), lambda row: pledge_link(row.pk)),
    (_("Project"), lambda row: project_link(row.project.slug)),
    (_("Backer"), lambda row: row.backer.email),
    (_("State"), lambda row: row.state),
    (_("Amount in minor units"), lambda row: row.amount_minor),
    (_("Currency"), lambda row: row.currency),
    ("PaymentIntent", lambda row: row.payment_intent_id),
)
REPAIR_COLUMNS = ((_("Window ends (UTC)"), lambda row: time_text(row.fix_ends_at)), *PLEDGE_COLUMNS[1:])
ENTRY_COLUMNS = (
    ("Recorded (UTC)", lambda row: time_text(row.transaction.recorded_at)),
    (_("Reference"), lambda row: row.transaction.reference),
    (_("Project"), lambda row: project_link(row.transaction.project.slug)),
    (_("Pledge"), lambda row: pledge_link(row.transaction.pledge_id) if row.transaction.pledge_id else ""),
    (_("Account"), lambda row: row.account),
    (_("Debit in minor units"), lambda row: row.debit),
    (_("Credit in minor units"), lambda row: row.credit),
    (_("Currency"), lambda row: row.currency),
)
PAYMENT_COLUMNS = (
    ("Sent (UTC)", lambda row: time_text(row.sent_at)),
    (_("Project"), lambda row: project_link(row.pledge.project.slug)),
    (_("Pledge"), lambda row: pledge_link(row.pledge_id)),
    (_("Backer"), lambda row: row.pledge.backer.email),
    (_("Attempt"), lambda row: row.number),
    (_("Code"), lambda row: row.code),
    (_("Decline code"), lambda row: row.decline_code),
    (_("Message"), lambda row: row.message),
    (_("Now"), lambda row: row.pledge.state),
)
DIFFERENCE_COLUMNS = (
    ("Found (UTC)", lambda row: time_text(row.found_at)),
    ("What", lambda row: row.kind),
    ("Reference", lambda row: Link(row.reference, "pages:difference", row.pk)),
    ("Detail", lambda row: row.detail),
    ("Explanation", lambda row: row.explanation or gettext("none yet")),
    ("By", lambda row: row.explained_by.email if row.explained_by else ""),
)
DISPUTE_COLUMNS = (
    (_("Evidence until (UTC)"), lambda row: time_text(row.due_at)),
    (_("Left"), lambda row: days_left(row.due_at, business_now())),
    (_("Project"), lambda row: project_link(row.pledge.project.slug)),
    (_("Pledge"), lambda row: pledge_link(row.pledge_id)),
    (_("Reason"), lambda row: row.reason),
    (_("State"), lambda row: row.get_state_display()),
    (_("Amount in minor units"), lambda row: row.amount_minor),
    (_("Currency"), lambda row: row.currency),
)
PAYOUT_COLUMNS = (
    (_("Asked for (UTC)"), lambda row: time_text(row.requested_at)),
    (_("Payout"), lambda row: Link(row.milestone or "Reserve", "pages:payout", row.pk)),
    (_("Project"), lambda row: project_link(row.project.slug)),
    (_("Creator"), lambda row: row.project.creator.email),
    (_("Recipient"), lambda row: "ready" if row.recipient.is_active else gettext("not ready")),
    (_("State"), lambda row: row.get_state_display()),
    ("Released (UTC)", lambda row: time_text(row.released_at)),
    (_("Amount in minor units"), lambda row: row.amount_minor),
    (_("Currency"), lambda row: row.currency),
    (_("Message"), lambda row: row.message),
)
REFUND_COLUMNS = (
    (_("Asked for (UTC)"), lambda row: time_text(row.created_at)),
    (_("Project"), lambda row: project_link(row.pledge.project.slug)),
    (_("Pledge"), lambda row: pledge_link(row.pledge_id)),
    (_("State"), lambda row: row.get_state_display()),
    (_("Cause"), lambda row: row.get_cause_display()),
    (_("Amount in minor units"), lambda row: row.amount_minor),
    (_("Currency"), lambda row: row.pledge.currency),
    (_("Message"), lambda row: row.message),
)
EVENT_COLUMNS = (
    ("Received (UTC)", lambda row: time_text(row.received_at)),
    ("Event", lambda row: row.event_id),
    ("Kind", lambda row: row.kind),
    ("Object", lambda row: row.object_id),
    ("State", lambda row: "closed" if row.processed_at else gettext("parked, tried again")),
    ("Attempts", lambda row: row.attempts),
    ("Error", lambda row: row.error),
)
CHARGE_COLUMNS = (
    ("Available (UTC)", lambda row: time_text(row.available_at)),
    (_("Project"), lambda row: project_link(row.project.slug)),
    (_("Pledge"), lambda row: pledge_link(row.pledge_id)),
    (_("Balance transaction"), lambda row: row.provider_id),
    (_("Amount in minor units"), lambda row: row.provider_amount_minor),
    (_("Fee in minor units"), lambda row: row.provider_fee_minor),
    (_("Currency"), lambda row: row.provider_currency),
)
HOLD_COLUMNS = (
    ("Set (UTC)", lambda row: time_text(row.set_at)),
    ("On", held_words),
    ("Why", lambda row: row.reason),
    ("By", lambda row: row.set_by.email),
    ("Lift", lambda row: Link("Lift", "pages:lift_hold", row.pk)),
)
BELOW_COLUMNS = (
    (_("Project"), lambda row: project_link(row["project__slug"])),
    (_("Held in minor units"), lambda row: row["held"]),
    (_("Currency"), lambda row: row["currency"]),
)


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
