"""Writing to the journal of GPU time. Nothing else inserts entries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Sum

from compute_pledges.models import GpuTimeEntry, SponsoredDevice, WorkResult
from projects.contributions import record_contribution

Account = GpuTimeEntry.Account
_MOVE = """
INSERT INTO compute_pledges_gputimeentry
    (lease_id, turn, device_id, project_id, pledge_id, debit, credit, device_us, h100_us, recorded_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (lease_id, turn, debit, credit) DO NOTHING
"""


def move(*, result: WorkResult, debit: str, credit: str, now: datetime) -> bool:
    """Move the result's time between accounts once a turn. Returns False when it was moved before."""
    values: list[Any] = [
        result.lease_id, result.turn, result.device_id, result.lease.run.project_id, result.pledge_id, debit, credit,
        result.device_us, result.h100_us, now,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, values)
        return cursor.rowcount == 1


def count_towards_goal(*, result: WorkResult, event: str, sign: int, now: datetime) -> None:
    """Merged verified work fills the project's compute goal; a reversal is a further, negative row, and so on.

    A rented machine's work is recorded as such: it fills the goal as far as the plan of the launch goes.
    """
    if not result.is_merged or result.h100_us == 0:
        return
    record_contribution(
        project=result.lease.run.project,
        source=f"lease:{result.lease_id}",
        stage="realized",
        event=f"{event}:{result.turn}" if result.turn else event,
        kind="sponsored" if SponsoredDevice.objects.filter(device=result.device_id).exists() else "compute",
        amount=sign * result.h100_us,
        now=now,
    )


def account_totals(**scope: object) -> dict[str, dict[str, int]]:
    """Balance of each account in `scope` (filters on entries): {account: {device_us, h100_us}}."""
    totals = {account: {"device_us": 0, "h100_us": 0} for account in Account.values}
    for side, sign in (("credit", 1), ("debit", -1)):
        rows = GpuTimeEntry.objects.filter(**scope).values(side).annotate(d=Sum("device_us"), h=Sum("h100_us"))
        for row in rows:
            totals[row[side]]["device_us"] += sign * row["d"]
            totals[row[side]]["h100_us"] += sign * row["h"]
    return totals
