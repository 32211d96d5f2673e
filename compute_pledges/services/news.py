"""Telling the event stream that a run changed. NOTIFY carries only the key; the stream reads the state itself.

One notification for each run and call, in a transaction of its own: NOTIFY serializes commits, so it never rides on a
transaction that does other work.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction

CHANNEL = "run_changed"


def announce_runs(run_ids: Iterable[UUID]) -> None:
    """Notify after the current transaction has committed; at once when there is none."""
    keys = sorted({str(run_id) for run_id in run_ids})
    if keys:
        transaction.on_commit(lambda: _notify(keys))


def _notify(keys: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, key) FROM unnest(%s::text[]) AS key", [CHANNEL, keys])
