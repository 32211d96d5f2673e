"""What a person should look at first on the compute side, counted in one query. Times of machines are real time."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from django.db import connection

# A round that is open for so many times its length is stuck: a living anchor closes it, or begins it anew without work.
STUCK_ROUNDS = 3
# A new run's anchor has so long to open its first round, and any anchor between two rounds.
ANCHOR_SECONDS = 300

# Keys of runs that say why they do not go on, or whose anchor moved nothing for too long, at a moment of real time.
STUCK = f"""
SELECT t.id FROM compute_pledges_trainingrun t CROSS JOIN (SELECT %s::timestamptz AS now) n
LEFT JOIN LATERAL (
    SELECT r.opened_at, CASE WHEN r.closed_at <= n.now THEN r.closed_at END AS closed_at, r.duration_seconds AS seconds
    FROM compute_pledges_round r WHERE r.run_id = t.id AND r.opened_at <= n.now ORDER BY r.index DESC LIMIT 1
) r ON true
WHERE t.state = 'running' AND t.created_at <= n.now AND (t.error <> '' OR interval '1 second' < n.now - CASE
    WHEN r.opened_at IS NULL THEN t.created_at + interval '{ANCHOR_SECONDS} seconds'
    WHEN r.closed_at IS NULL THEN r.opened_at + {STUCK_ROUNDS} * r.seconds * interval '1 second'
    ELSE r.closed_at + greatest({ANCHOR_SECONDS}, {STUCK_ROUNDS} * r.seconds) * interval '1 second' END)
"""  # noqa: S608  # reason: only constants of this module are put in
_COUNTS = f"""
SELECT (SELECT count(*) FROM compute_pledges_device WHERE state = 'quarantined'),
       (SELECT count(*) FROM compute_pledges_appeal WHERE state = 'open'),
       (SELECT count(*) FROM compute_pledges_plantedblock WHERE auditor_id IS NULL AND NOT was_caught),
       (SELECT count(*) FROM compute_pledges_workresult WHERE state IN ('reported', 'auditing') AND received_at < %s),
       (SELECT count(*) FROM compute_pledges_sweepfailure),
       (SELECT count(*) FROM ({STUCK}) stuck)
"""  # noqa: S608  # reason: as above


@dataclass(frozen=True, slots=True)
class ComputeCounts:
    """Devices in quarantine, open appeals, planted blocks that the platform's auditors passed, blocks that wait too
    long for a check, items that sweeps fail on, runs that do not go on.
    """

    quarantined: int
    appeals: int
    missed: int
    waiting: int
    failures: int
    stuck_runs: int


def compute_counts(*, now: datetime, waiting_since: datetime) -> ComputeCounts:
    """`now` is real time."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [waiting_since, now])
        counts = dict(zip((one.name for one in fields(ComputeCounts)), cursor.fetchone(), strict=True))
    return ComputeCounts(**counts)
