"""Writing the files of statistics once a UTC day, and again where somebody has left the lists since."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction

from compute_pledges.dumps.tables import DAYS, TABLES, UNLISTED, Table
from compute_pledges.models import StandingChoice, StatisticsFile
from compute_pledges.services.blobs import delete_blob, store_blob
from compute_pledges.services.s3 import StorageAway
from compute_pledges.standing.credit import HALF_LIFE_DAYS, Scope, scoped
from projects.models import Project
from values.csv_lines import csv_lines

logger = logging.getLogger(__name__)
SUMMARY = "statistics.json"
SCHEMA = 1
ROWS_AT_ONCE = 2000
SPOOLED_BYTES = 2**24


def write_statistics(*, now: datetime) -> int:
    """Returns how many files were written: none while today's stand. What storage does not take is tried again."""
    if not is_due(now):
        return 0
    scope = Scope(now, Project.PRIVATE_STATES)
    try:
        files = [file for table in TABLES for file in _files_of(table, scope)]
        files.append(_summary(files, scope))
    except StorageAway:
        logger.warning("statistics_wait: storage is away")
        return 0
    for sha256 in _publish(files):
        delete_blob(sha256)
    return len(files)


def is_due(now: datetime) -> bool:
    """Whether today's are missing, or name somebody who does not want it any more."""
    kept = StatisticsFile.objects.filter(name=SUMMARY).first()
    if kept is None or kept.as_of.astimezone(UTC).date() < now.astimezone(UTC).date():
        return True
    return StandingChoice.objects.filter(is_hidden=True, changed_at__gt=kept.as_of).exists()


def _files_of(table: Table, scope: Scope) -> Iterator[StatisticsFile]:
    lines = (
        json.dumps(dict(zip(table.fields, row, strict=True)), ensure_ascii=False) + "\n" for row in _rows(table, scope)
    )
    yield _kept(f"{table.name}.jsonl.gz", "application/gzip", lines, scope.now)
    if table is DAYS:
        yield _kept(f"{table.name}.csv.gz", "application/gzip", csv_lines(table.fields, _rows(table, scope)), scope.now)


def _rows(table: Table, scope: Scope) -> Iterator[tuple[Any, ...]]:
    """Read in parts, whatever their number."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(table.statement, scoped(scope))
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def _kept(name: str, content_type: str, lines: Iterable[str], now: datetime) -> StatisticsFile:
    """Written, hashed and stored under its hash. The same lines give the same bytes."""
    rows = -int(name.endswith(".csv.gz"))
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES) as spool:
        stream: IO[bytes] = spool
        with gzip.GzipFile(filename="", fileobj=stream, mode="wb", mtime=0) as packed:
            for line in lines:
                packed.write(line.encode())
                rows += 1
        return _stored(name, content_type, stream, rows, now)


def _stored(name: str, content_type: str, stream: IO[bytes], rows: int, now: datetime) -> StatisticsFile:
    size = stream.tell()
    stream.seek(0)
    sha256 = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # reason: typed for files alone
    stream.seek(0)
    store_blob(sha256=sha256, stream=stream)
    return StatisticsFile(name=name, content_type=content_type, sha256=sha256, size=size, rows=rows, as_of=now)


def _summary(files: list[StatisticsFile], scope: Scope) -> StatisticsFile:
    """What there is and what it means, for programs; with the sum of those who are not named."""
    with connection.cursor() as cursor:
        cursor.execute(UNLISTED, scoped(scope))
        unlisted = dict(zip(("users", "h100_us", "device_us", "blocks"), cursor.fetchone(), strict=True))
    found = {
        "schema": SCHEMA, "platform": settings.PLATFORM_NAME, "address": settings.SITE_URL,
        "as_of": scope.now.isoformat(), "half_life_days": HALF_LIFE_DAYS,
        "tables": {
            table.name: {"what": table.what, "columns": [
                {"name": name, "type": kind, "meaning": meaning} for name, kind, meaning in table.columns
            ]} for table in TABLES
        },
        "files": [{"name": f.name, "bytes": f.size, "rows": f.rows, "sha256": f.sha256} for f in files],
        "not_listed": unlisted,
    }  # fmt: skip
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES) as spool:
        spool.write(json.dumps(found, indent=1, ensure_ascii=False).encode() + b"\n")
        return _stored(SUMMARY, "application/json", spool, len(files), scope.now)


@transaction.atomic
def _publish(files: list[StatisticsFile]) -> set[str]:
    """All at once, so that the summary's hashes are those of its files. Returns what nothing refers to any more."""
    before = {file.name: file for file in StatisticsFile.objects.select_for_update()}
    gone = {file.previous_sha256 for file in before.values()}
    for file in files:
        file.previous_sha256 = before[file.name].sha256 if file.name in before else ""
        file.save()
    used = {name for file in files for name in (file.sha256, file.previous_sha256)}
    return gone - used - {""}
