"""Cells and columns of the rows behind figures about money."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from clock.services import business_now
from pages.dashboard.rows import Link
from payments.models import Hold
from payments.services.holding import subject_of


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
