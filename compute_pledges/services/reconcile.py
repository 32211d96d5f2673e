"""Pledged against delivered against verified, for each pledge and ISO week, from schedules, runs and the journal.

Week after week from the first that is not closed: the same facts give the same rows. Each CHUNK of pledges is a
statement of its own, so that no transaction lasts long. A week that is over is closed and never written again, so that
a schedule that changes later changes no promise that was due. Differences are written down, never repaired.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Min

from compute_pledges.models import ComputePledge, GpuTimeEntry, JournalClosing
from compute_pledges.services.closing import BEGINNING, PATIENCE
from compute_pledges.services.weeks_sql import WRITE_WEEK

CHUNK = 20_000
WEEK = timedelta(days=7)
FIRST_KEY, LAST_KEY = UUID(int=0), UUID(int=2**128 - 1)
# The last key of each chunk but the last.
_BOUNDS = """
SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM compute_pledges_computepledge) p
WHERE n %% %(chunk)s = 0 ORDER BY id
"""

# Stored facts against the journal: a block's state and the account that holds its time must agree.
_DIFFERENCES = """
SELECT r.lease_id, r.state, r.device_us, coalesce(j.balance, 0) AS journal_us
FROM compute_pledges_workresult r
LEFT JOIN LATERAL (
    SELECT sum(CASE WHEN e.credit = a.account THEN e.device_us ELSE 0 END)
         - sum(CASE WHEN e.debit = a.account THEN e.device_us ELSE 0 END) AS balance
    FROM compute_pledges_gputimeentry e,
         (SELECT CASE r.state WHEN 'auditing' THEN 'reported' ELSE r.state END AS account) a
    WHERE e.lease_id = r.lease_id
) j ON true
WHERE coalesce(j.balance, 0) <> r.device_us AND r.lease_id IN (
    SELECT lease_id FROM compute_pledges_gputimeentry WHERE recorded_at >= %(since)s
    UNION SELECT lease_id FROM compute_pledges_workresult
    WHERE state IN ('reported', 'auditing') AND received_at >= %(since)s)
LIMIT %(limit)s
"""


def reconcile_pledges(*, now: datetime) -> int:
    """Write the weeks that are not closed, up to that of `now`; returns rows written.

    `now` is real time, like that of leases, runs and journal: a demo's project clock runs ahead of it.
    """
    written, week = 0, _first_open_week()
    while week is not None and (starts := _midnight(week)) <= now:
        ends = starts + WEEK
        written += _write({"week": week, "starts": starts, "ends": ends, "now": now})
        week += WEEK
        if now >= ends + PATIENCE:
            _close_weeks(week)
    return written


def monday_of(moment: datetime) -> date:
    """The first day of the ISO week (UTC) that `moment` lies in."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _first_open_week() -> date | None:
    """The first week that is not closed; that of the first promise or block before any is; None where nothing is."""
    closed = JournalClosing.objects.filter(pk=1).values_list("weeks_until", flat=True).first()
    if closed is not None:
        return closed
    firsts = (
        ComputePledge.objects.aggregate(first=Min("accepted_at"))["first"],
        GpuTimeEntry.objects.filter(pledge__isnull=False).aggregate(first=Min("recorded_at"))["first"],
    )
    return min((monday_of(first) for first in firsts if first is not None), default=None)


def _write(facts: dict[str, Any]) -> int:
    written, after = 0, FIRST_KEY
    with connection.cursor() as cursor:
        cursor.execute(_BOUNDS, {"chunk": CHUNK})
        for upto in [*(row[0] for row in cursor.fetchall()), LAST_KEY]:
            cursor.execute(WRITE_WEEK, facts | {"after": after, "upto": upto})
            written, after = written + cursor.rowcount, upto
    return written


def _close_weeks(until: date) -> None:
    closing, _ = JournalClosing.objects.get_or_create(pk=1, defaults={"closed_until": BEGINNING})
    # Never back: another worker may have come further.
    JournalClosing.objects.filter(pk=closing.pk).exclude(weeks_until__gte=until).update(weeks_until=until)


def journal_differences(*, since: datetime, limit: int = 100) -> list[dict[str, object]]:
    """Blocks that came or moved since then whose stored state and journal disagree; `audit_compute` looks at all."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES, {"limit": limit, "since": since})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
