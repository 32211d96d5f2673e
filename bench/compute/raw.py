"""The same amount of work by plain SQL: what the platform's own ways are held against."""

from __future__ import annotations

import time

from django.db import connection

# Verified blocks again, into tables with the same columns, keys and indexes, and nothing else around them.
_COPIES = """
DROP TABLE IF EXISTS raw_result;
DROP TABLE IF EXISTS raw_entry;
DROP TABLE IF EXISTS raw_source;
CREATE TABLE raw_source AS SELECT * FROM compute_pledges_workresult ORDER BY random() LIMIT {count};
CREATE TABLE raw_result (LIKE compute_pledges_workresult INCLUDING ALL);
CREATE TABLE raw_entry (LIKE compute_pledges_gputimeentry INCLUDING ALL)
"""
_UPSERT = """
INSERT INTO raw_result SELECT * FROM raw_staged ON CONFLICT (lease_id) DO NOTHING;
INSERT INTO raw_entry (lease_id, device_id, project_id, pledge_id, debit, credit, device_us, h100_us, recorded_at, turn)
SELECT lease_id, device_id, 1, pledge_id, 'promised', 'reported', device_us, h100_us, received_at, 0 FROM raw_staged
ON CONFLICT (lease_id, turn, debit, credit) DO NOTHING
"""
_WEEKS = """
INSERT INTO raw_week (pledge_id, week_starts_at, promised_us, reported_us, verified_us, reversed_us, reconciled_at)
SELECT pledge_id, date_trunc('week', recorded_at AT TIME ZONE 'UTC')::date, 0,
       coalesce(sum(device_us) FILTER (WHERE credit = 'reported'), 0),
       coalesce(sum(device_us) FILTER (WHERE credit = 'verified'), 0),
       coalesce(sum(device_us) FILTER (WHERE credit = 'reversed'), 0), now()
FROM compute_pledges_gputimeentry GROUP BY 1, 2
ON CONFLICT (pledge_id, week_starts_at) DO UPDATE SET promised_us = excluded.promised_us,
    reported_us = excluded.reported_us, verified_us = excluded.verified_us, reversed_us = excluded.reversed_us,
    reconciled_at = excluded.reconciled_at
"""


def ingest_rate(count: int) -> float:
    """Records a second by COPY into a staging table and an upsert from there into results and journal."""
    with connection.cursor() as cursor:
        for statement in _COPIES.format(count=count).split(";\n"):
            cursor.execute(statement)
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS raw_staged (LIKE raw_source)")
        cursor.execute("TRUNCATE raw_staged")
        with cursor.copy("COPY raw_source TO STDOUT") as copy:
            rows = b"".join(bytes(part) for part in copy)
        began = time.perf_counter()
        with cursor.copy("COPY raw_staged FROM STDIN") as copy:
            copy.write(rows)
        for statement in _UPSERT.split(";\n"):
            cursor.execute(statement)
        return count / (time.perf_counter() - began)


def weeks_seconds() -> float:
    """Seconds to sum the whole journal by pledge and week into a table with the same columns, keys and indexes."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS raw_week")
        cursor.execute("CREATE TABLE raw_week (LIKE compute_pledges_pledgeweek INCLUDING ALL)")
        began = time.perf_counter()
        cursor.execute(_WEEKS)
        return time.perf_counter() - began
