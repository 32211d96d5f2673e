"""Everything that the stand-in remembers: one SQLite file, one lock, one transaction per request."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Object = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL,
    owner TEXT NOT NULL DEFAULT '', body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, owner, seq);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
    event TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, done INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """Objects by id. Every method must be called inside `transaction()`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._sql = sqlite3.connect(folder / "standin.sqlite3", check_same_thread=False, isolation_level=None)
        self._sql.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[Store]:
        """Hold the lock; commit at the end, roll back on an error."""
        with self._lock:
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield self
            except BaseException:
                self._sql.execute("ROLLBACK")
                raise
            self._sql.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._sql.close()

    def put(self, item: Object, owner: str = "") -> Object:
        """Insert or replace an object; `owner` is what lists filter on (a customer, a charge)."""
        self._sql.execute(
            "INSERT INTO objects (id, kind, owner, body) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET body = excluded.body, "
            "owner = CASE WHEN excluded.owner = '' THEN objects.owner ELSE excluded.owner END",
            (item["id"], item["object"], owner, json.dumps(item)),
        )
        return item

    def get(self, object_id: str) -> Object | None:
        """The object, as a copy that may be changed and put back."""
        row = self._sql.execute("SELECT body FROM objects WHERE id = ?", (object_id,)).fetchone()
        return json.loads(row[0]) if row else None

    def newest(self, kind: str, owner: str = "") -> list[Object]:
        """All objects of a kind, newest first."""
        query, values = "SELECT body FROM objects WHERE kind = ?", [kind]
        if owner:
            query, values = query + " AND owner = ?", [kind, owner]
        return [json.loads(row[0]) for row in self._sql.execute(query + " ORDER BY seq DESC", values)]

    def fact(self, name: str, default: Any = None) -> Any:
        """A stored setting."""
        row = self._sql.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def set_fact(self, name: str, value: Any) -> None:
        """Store a setting."""
        self._sql.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value)))

    def now(self) -> int:
        """Seconds since the epoch, with the offset of the clock control."""
        return int(time.time() + self.fact("clock_offset", 0))

    def answered(self, key: str) -> tuple[str, int, str] | None:
        """Fingerprint, status and body of the first answer to an idempotency key."""
        row: tuple[str, int, str] | None = self._sql.execute(
            "SELECT fingerprint, status, body FROM idempotency WHERE key = ?", (key,)
        ).fetchone()
        return row

    def remember(self, key: str, fingerprint: str, status: int, body: str) -> None:
        """Keep the answer to an idempotency key."""
        self._sql.execute("INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?)", (key, fingerprint, status, body))

    def schedule(self, event_id: str, due: float) -> None:
        """Queue one delivery of an event."""
        self._sql.execute("INSERT INTO deliveries (event, due) VALUES (?, ?)", (event_id, due))

    def due_deliveries(self, now: float) -> list[tuple[int, str, int]]:
        """(row, event, attempts so far) that are due."""
        return self._sql.execute(
            "SELECT rowid, event, attempt FROM deliveries WHERE done = 0 AND due <= ? ORDER BY due LIMIT 50", (now,)
        ).fetchall()

    def delivered(self, row: int) -> None:
        """Mark a delivery as done."""
        self._sql.execute("UPDATE deliveries SET done = 1 WHERE rowid = ?", (row,))

    def postpone(self, row: int, due: float) -> None:
        """Try a delivery again at `due`."""
        self._sql.execute("UPDATE deliveries SET attempt = attempt + 1, due = ? WHERE rowid = ?", (due, row))

    def open_deliveries(self) -> int:
        """How many deliveries are still to be made."""
        return int(self._sql.execute("SELECT count(*) FROM deliveries WHERE done = 0").fetchone()[0])


def new_id(prefix: str) -> str:
    """An id as Stripe writes them."""
    return f"{prefix}_{secrets.token_hex(12)}"
