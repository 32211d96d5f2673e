"""Pledged against delivered against verified, for each pledge and ISO week, from the journal.

Runs as often as wanted: the same journal gives the same rows. Each CHUNK of pledges is a statement of its own, so that
no transaction lasts long and what was done before a crash stands. Differences are written down, never repaired.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from compute_pledges.models import ComputePledge

CHUNK = 5_000
_FIRST = UUID(int=0)

# Promised time is spread evenly over the weeks from acceptance to the project's end of compute.
_RECONCILE = """
INSERT INTO compute_pledges_pledgeweek
    (pledge_id, week_starts_at, promised_us, reported_us, verified_us, reversed_us, reconciled_at)
WITH p AS MATERIALIZED (
    SELECT id, pledged_us, first_week, last_week,
           (extract(epoch FROM last_week - first_week) / 604800)::int + 1 AS weeks
    FROM (
        SELECT cp.id, cp.pledged_us, date_trunc('week', cp.accepted_at AT TIME ZONE 'UTC') AS first_week,
               date_trunc('week', greatest(pr.compute_ends_at, cp.accepted_at) AT TIME ZONE 'UTC') AS last_week
        FROM compute_pledges_computepledge cp JOIN projects_project pr ON pr.id = cp.project_id
        WHERE cp.accepted_at IS NOT NULL AND cp.id > %(after)s AND cp.id <= %(last)s
    ) accepted
), sums AS MATERIALIZED (
    SELECT e.pledge_id, date_trunc('week', e.recorded_at AT TIME ZONE 'UTC') AS week,
           coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'reported'), 0) AS reported_us,
           coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'verified'), 0) AS verified_us,
           coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'reversed'), 0) AS reversed_us
    FROM compute_pledges_gputimeentry e
    WHERE e.pledge_id > %(after)s AND e.pledge_id <= %(last)s
    GROUP BY 1, 2
)
SELECT p.id, w.week::date, round(p.pledged_us::numeric / greatest(p.weeks, 1)), coalesce(s.reported_us, 0),
       coalesce(s.verified_us, 0), coalesce(s.reversed_us, 0), %(read_at)s
FROM p
CROSS JOIN LATERAL generate_series(
    p.first_week, least(p.last_week, date_trunc('week', %(now)s AT TIME ZONE 'UTC')), interval '7 days') AS w(week)
LEFT JOIN sums s ON s.pledge_id = p.id AND s.week = w.week
ON CONFLICT (pledge_id, week_starts_at) DO UPDATE SET
    promised_us = excluded.promised_us, reported_us = excluded.reported_us, verified_us = excluded.verified_us,
    reversed_us = excluded.reversed_us, reconciled_at = excluded.reconciled_at
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


def reconcile_pledges(*, now: datetime, read_at: datetime) -> int:
    """Write the weeks of every accepted pledge up to `now`; returns rows written.

    `read_at`: when the journal was read, by the clock that its entries carry. A demo's project clock runs ahead of it.
    """
    written, after = 0, _FIRST
    while (last := _chunk_end(after)) is not None:
        with connection.cursor() as cursor:
            cursor.execute(_RECONCILE, {"now": now, "read_at": read_at, "after": after, "last": last})
            written += cursor.rowcount
        after = last
    return written


def _chunk_end(after: UUID) -> UUID | None:
    """The last of the next CHUNK accepted pledges in the order of their keys; None when there are no more."""
    accepted = ComputePledge.objects.filter(accepted_at__isnull=False, pk__gt=after).order_by("pk")
    keys = accepted.values_list("pk", flat=True)[:CHUNK]
    return max(keys, default=None)


def journal_differences(*, since: datetime, limit: int = 100) -> list[dict[str, object]]:
    """Blocks that came or moved since then whose stored state and journal disagree; `audit_compute` looks at all."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES, {"limit": limit, "since": since})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
