"""What must hold after each thing that broke, by the database: training goes on, and a paused machine takes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg

# What was asked for before the pause was seen may still be answered.
PAUSE_GRACE = timedelta(seconds=5)
MERGED_SINCE = """
SELECT count(*) FROM compute_pledges_round WHERE closed_at > %s AND merged_weights <> '{}'::jsonb AND NOT is_rolled_back
"""
LEASED_BETWEEN = """
SELECT count(*) FROM compute_pledges_lease WHERE device_id = %s AND issued_at > %s AND issued_at < %s
"""


@dataclass(slots=True)
class Aftermath:
    """When things broke and were mended, by this machine's clock."""

    mended: dict[str, datetime] = field(default_factory=dict)
    paused_at: datetime | None = None
    resumed_at: datetime | None = None

    def mark(self, what: str) -> None:
        """From now on it works again."""
        self.mended[what] = datetime.now(UTC)

    def differences(self, url: str, paused_device: str) -> list[str]:
        """A sentence for each thing that does not hold."""
        with psycopg.connect(url) as connection:
            found = [
                f"{what}: no round was merged after it."
                for what, at in self.mended.items()
                if not _count(connection, MERGED_SINCE, at)
            ]
            if self.paused_at is not None and self.resumed_at is not None:
                since = self.paused_at + PAUSE_GRACE
                taken = _count(connection, LEASED_BETWEEN, paused_device, since, self.resumed_at)
                found += [f"paused: it took {taken} leases while it was paused."] if taken else []
                end = datetime.now(UTC)
                if not _count(connection, LEASED_BETWEEN, paused_device, self.resumed_at, end):
                    found.append("paused: it took no lease after it was resumed.")
        return found


def _count(connection: psycopg.Connection[tuple[int]], query: str, *values: object) -> int:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row[0]
