"""Sums of the journal's days that are over, so that no page adds up the whole journal.

An entry carries the moment at which it was written, so nothing is added to a day that is over; two hours let every
transaction of the day commit. The entries stay the truth: `audit_compute` proves the sums equal to them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from compute_pledges.models import JournalClosing

PATIENCE = timedelta(hours=2)
BEGINNING = date(2000, 1, 1)

_CLOSE = """
INSERT INTO compute_pledges_gputimeday (day, project_id, run_id, debit, credit, device_us, h100_us, tokens, blocks)
SELECT (e.recorded_at AT TIME ZONE 'UTC')::date, e.project_id, l.run_id, e.debit, e.credit, sum(e.device_us),
       sum(e.h100_us), coalesce(sum(r.tokens), 0), count(*)
FROM compute_pledges_gputimeentry e
JOIN compute_pledges_lease l ON l.id = e.lease_id
LEFT JOIN compute_pledges_workresult r ON r.lease_id = e.lease_id
WHERE e.recorded_at >= %(since)s::timestamp AT TIME ZONE 'UTC'
  AND e.recorded_at < %(until)s::timestamp AT TIME ZONE 'UTC'
GROUP BY 1, 2, 3, 4, 5
"""


def close_days(*, now: datetime) -> int:
    """Sum the days that are over and not summed yet; returns how many rows that gave."""
    until = (now - PATIENCE).astimezone(UTC).date()
    with transaction.atomic():
        JournalClosing.objects.get_or_create(pk=1, defaults={"closed_until": BEGINNING})
        # Locked, so that two workers do not sum the same day.
        closing = JournalClosing.objects.select_for_update().get(pk=1)
        if closing.closed_until >= until:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(_CLOSE, {"since": closing.closed_until, "until": until})
            written = cursor.rowcount
        JournalClosing.objects.filter(pk=1).update(closed_until=until)
        return written
