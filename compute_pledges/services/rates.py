"""Rates at which machines work: the best verified one of 30 days is one of the three that price a block."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection

from compute_pledges.models import WorkResult

BEST_DAYS = 30
_KEEP = """
INSERT INTO compute_pledges_devicerate (device_id, day, flops_per_second) VALUES (%s, %s, %s)
ON CONFLICT (device_id, day) DO UPDATE
SET flops_per_second = greatest(compute_pledges_devicerate.flops_per_second, excluded.flops_per_second)
"""
_FORGET = """
WITH best AS (
    SELECT device_id, max(flops_per_second) FILTER (WHERE day > %(since)s) AS rate
    FROM compute_pledges_devicerate GROUP BY device_id
)
UPDATE compute_pledges_device d SET best_flops_per_second = coalesce(best.rate, 0)
FROM best WHERE best.device_id = d.id AND d.best_flops_per_second <> coalesce(best.rate, 0)
"""


def rate_of(result: WorkResult) -> int:
    """FLOP/s of a block by the server's clock from lease to receipt."""
    elapsed = max((result.received_at - result.lease.issued_at).total_seconds(), 0.001)
    return int(float(result.flops) / elapsed)


def keep_rate(*, device_id: UUID, rate: int, day: date) -> None:
    """The day's best."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [device_id, day, rate])


def forget_old_rates(*, now: datetime) -> int:
    """A machine is priced by what it showed within 30 days; returns how many machines changed. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"since": now.date() - timedelta(days=BEST_DAYS)})
        return int(cursor.rowcount)
