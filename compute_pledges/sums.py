"""What moved between the journal's accounts, as of a moment: sums of days that are over, and the entries after them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from django.db import connection

from compute_pledges.models import TrainingRun
from compute_pledges.services.closing import BEGINNING

_MOVED = """
WITH bound AS MATERIALIZED (
    SELECT greatest(least(coalesce((SELECT closed_until FROM compute_pledges_journalclosing WHERE id = 1),
                                   %(beginning)s::date), %(day)s::date), %(since)s::date) AS day
)
SELECT project_id, debit, credit, sum(device_us)::bigint, sum(h100_us)::bigint, sum(tokens)::bigint, sum(blocks)::bigint
FROM (
    SELECT project_id, debit, credit, device_us, h100_us, tokens, blocks FROM compute_pledges_gputimeday
    WHERE day >= %(since)s::date AND day < (SELECT day FROM bound)
      AND (%(run)s::uuid IS NULL OR run_id = %(run)s::uuid)
    UNION ALL
    SELECT e.project_id, e.debit, e.credit, e.device_us, e.h100_us, coalesce(r.tokens, 0), 1
    FROM compute_pledges_gputimeentry e
    JOIN compute_pledges_lease l ON l.id = e.lease_id AND (%(run)s::uuid IS NULL OR l.run_id = %(run)s::uuid)
    LEFT JOIN compute_pledges_workresult r ON r.lease_id = e.lease_id
    WHERE e.recorded_at >= (SELECT day FROM bound)::timestamp AT TIME ZONE 'UTC' AND e.recorded_at <= %(at)s
) moved GROUP BY project_id, debit, credit
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """Of one project between two accounts; microseconds."""

    project_id: int
    debit: str
    credit: str
    device_us: int
    h100_us: int
    tokens: int
    blocks: int


def moved_by_project(*, at: datetime, since: date = BEGINNING) -> list[Moved]:
    """A row for each project and movement of the UTC days from `since`, until `at`. One query."""
    return _moved(at, since, None)


def moved_in_run(run: TrainingRun, *, at: datetime) -> list[Moved]:
    """The same of one run."""
    return _moved(at, BEGINNING, run.pk)


def _moved(at: datetime, since: date, run_id: UUID | None) -> list[Moved]:
    values = {"at": at, "day": at.astimezone(UTC).date(), "since": since, "beginning": BEGINNING, "run": run_id}
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, values)
        return [Moved(*row) for row in cursor.fetchall()]
