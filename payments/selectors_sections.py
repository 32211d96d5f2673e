"""Groups and counts for whoever looks after the money: each is one query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments import selectors
from payments.models import CashPledge, Payment
from payments.services.applying import FIX_WINDOW

CALENDAR_DAYS = 14
FAILURE_DAYS = 30
TROUBLED_FOR = timedelta(days=7)

COUNTS = """
SELECT (SELECT count(*) FROM payments_reconciliationdifference WHERE gone_at IS NULL AND explanation = ''),
       (SELECT count(*) FROM payments_reconciliationdifference WHERE gone_at IS NULL AND explanation <> ''),
       (SELECT count(*) FROM payments_payment y JOIN payments_cashpledge p ON p.id = y.pledge_id
        WHERE y.state = 'refused' AND p.state IN ('locked', 'retrying', 'needs_action')),
       (SELECT count(*) FROM payments_payment WHERE state = 'pending' AND sent_at < %(stuck)s),
       (SELECT count(*) FROM payments_dispute WHERE state IN ('needs_response', 'under_review')),
       (SELECT count(*) FROM payments_payout WHERE state = 'requested'),
       (SELECT count(*) FROM payments_refund f WHERE f.state = 'failed' AND NOT EXISTS (
            SELECT 1 FROM payments_refund r
            WHERE r.pledge_id = f.pledge_id AND r.created_at >= f.finished_at AND r.state <> 'failed')),
       (SELECT count(*) FROM payments_webhookevent
        WHERE error <> '' AND (processed_at IS NULL OR received_at >= %(since)s)),
       (SELECT count(*) FROM payments_hold WHERE lifted_at IS NULL),
       (SELECT count(*) FROM (SELECT 1 FROM payments_ledgerday WHERE account = 'project_held'
        GROUP BY project_id, currency HAVING sum(credit) < sum(debit)) d)
"""


@dataclass(frozen=True, slots=True)
class OpenCounts:
    """How many of each exception there are."""

    differences: int
    explained: int
    failed: int
    stuck: int
    disputes: int
    payouts: int
    sent_back: int
    events: int
    holds: int
    below_zero: int


def open_counts(*, stuck_before: datetime) -> OpenCounts:
    """All of them in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"stuck": stuck_before, "since": timezone.now() - TROUBLED_FOR})
        return OpenCounts(*cursor.fetchone())


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """Net minor units that become available on a UTC day; `day` None: due before, or not told."""

    day: date | None
    currency: str
    charges: int
    net_minor: int


def settlement_calendar(*, now: datetime) -> list[CalendarDay]:
    """The next 14 days by currency; what is overdue comes first, without a day."""
    until = now + timedelta(days=CALENDAR_DAYS)
    rows = selectors.unsettled_charges().filter(available_at__lte=until).order_by()
    net = Sum(F("provider_amount_minor") - F("provider_fee_minor"))
    days = rows.values(day=TruncDate("available_at", tzinfo=UTC), code=F("provider_currency"))
    found = days.annotate(n=Count("pk"), net=net).order_by("day", "code")
    return _merged([CalendarDay(_not_before(r["day"], now), r["code"], r["n"], r["net"]) for r in found])


def _not_before(day: date, now: datetime) -> date | None:
    return day if day >= now.astimezone(UTC).date() else None


def _merged(rows: Iterable[CalendarDay]) -> list[CalendarDay]:
    found: dict[tuple[date | None, str], CalendarDay] = {}
    for row in rows:
        key = (row.day, row.currency)
        old = found.get(key, CalendarDay(row.day, row.currency, 0, 0))
        found[key] = CalendarDay(*key, old.charges + row.charges, old.net_minor + row.net_minor)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Failure:
    """Refused attempts of one reason."""

    reason: str
    attempts: int
    pledges: int
    charged_since: int


def failures_by_reason(*, now: datetime) -> list[Failure]:
    """Over 30 days, the most frequent first: the decline code, or the code where the bank gave none."""
    since = now - timedelta(days=FAILURE_DAYS)
    rows = Payment.objects.filter(state=Payment.State.REFUSED, finished_at__gte=since).order_by()
    charged = Count("pledge", distinct=True, filter=Q(pledge__state__in=CashPledge.CHARGED))
    found = rows.values(reason=selectors.REASON).annotate(n=Count("pk"), p=Count("pledge", distinct=True), c=charged)
    return [Failure(row["reason"], row["n"], row["p"], row["c"]) for row in found.order_by("-n", "reason")]


# The edges of the ages, in hours, and what lies between them.
AGE_HOURS = (1, 24, 72, 168)
AGE_LABELS = (_("under an hour"), _("under a day"), _("1 to 3 days"), _("3 to 7 days"), _("over 7 days"))
AGEING = """
SELECT what, place, currency, count(*), sum(amount)::bigint FROM (
    SELECT 'repair' AS what, currency, amount_minor AS amount,
           greatest(floor(extract(epoch FROM %(now)s - (fix_ends_at - %(window)s)) / 86400)::int, 0) AS place
    FROM payments_cashpledge WHERE state IN ('retrying', 'needs_action') AND fix_ends_at IS NOT NULL
    UNION ALL
    SELECT 'refund', p.currency, r.amount_minor,
           width_bucket((extract(epoch FROM %(now)s - r.created_at) / 3600)::float, %(edges)s::float[])
    FROM payments_refund r JOIN payments_cashpledge p ON p.id = r.pledge_id WHERE r.state IN ('pending', 'sent')
    UNION ALL
    SELECT 'payout', currency, amount_minor,
           width_bucket((extract(epoch FROM %(now)s - released_at) / 3600)::float, %(edges)s::float[])
    FROM payments_payout WHERE state = 'released'
) a GROUP BY what, place, currency ORDER BY what, place DESC, currency
"""


@dataclass(frozen=True, slots=True)
class Age:
    """How many rows of a kind (repair, refund or payout) are how old, in one currency."""

    what: str
    label: str
    currency: str
    count: int
    amount_minor: int


def ageing(*, now: datetime) -> list[Age]:
    """Pledges by the day of their fix window, refunds and released payouts by age; the oldest first."""
    values: Any = {"now": now, "window": FIX_WINDOW, "edges": list(AGE_HOURS)}
    with connection.cursor() as cursor:
        cursor.execute(AGEING, values)
        return [Age(what, _label(what, place), *rest) for what, place, *rest in cursor.fetchall()]


def _label(what: str, place: int) -> str:
    return (
        gettext("day %(place)s of %(days)s") % {"place": place + 1, "days": FIX_WINDOW.days}
        if what == "repair"
        else str(AGE_LABELS[place])
    )
