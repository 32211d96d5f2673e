"""Everything that the stand-in remembers: one SQLite file, one lock, one transaction per request."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from payments.stripe_standin import schema

Object = dict[str, Any]


class Store:
    """Objects by id. Every method must be called inside `transaction()`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._sql = sqlite3.connect(folder / "standin.sqlite3", check_same_thread=False, isolation_level=None)
        self._sql.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        schema.prepare(self._sql)

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

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query, or none for a change."""
        return self._sql.execute(query, values).fetchall()

    def put(self, item: Object) -> Object:
        """Insert or replace an object."""
        created = item["created"] if isinstance(item.get("created"), int) else self.now()
        self._sql.execute(
            "INSERT INTO objects (id, kind, body, created) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (item["id"], item["object"], json.dumps(item), created),
        )
        return item

    def rename_kind(self, object_id: str, kind: str) -> None:
        """Take an object out of the lists of its kind."""
        self.rows("UPDATE objects SET kind = ? WHERE id = ?", (kind, object_id))

    def get(self, object_id: str) -> Object | None:
        """The object, as a copy that may be changed and put back."""
        row = self._sql.execute("SELECT body FROM objects WHERE id = ?", (object_id,)).fetchone()
        return json.loads(row[0]) if row else None

    def newest(self, kind: str, **where: str) -> list[Object]:
        """All objects of a kind whose fields have these values, newest first."""
        terms = [f"kind = '{kind}'", *(f"{schema.field(name)} = ?" for name in where)]
        query = f"SELECT body FROM objects WHERE {' AND '.join(terms)} ORDER BY created DESC, seq DESC"  # noqa: S608  # reason: names are ours
        return [json.loads(row[0]) for row in self.rows(query, list(where.values()))]

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

    def set_timer(self, due: int, name: str, object_id: str) -> None:
        """Let `due_work` do `name` to the object when the clock reaches `due`."""
        self.rows("INSERT INTO timers VALUES (?, ?, ?)", (due, name, object_id))

    def due_timers(self) -> list[tuple[Any, ...]]:
        """(name, object) of what is due, taken out."""
        return self.rows("DELETE FROM timers WHERE due <= ? RETURNING name, object", (self.now(),))

    def add_money(self, currency: str, available_on: int, net: int) -> None:
        """Keep the running total that makes the balance cheap to read."""
        self.rows(
            "INSERT INTO money VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET net = net + excluded.net",
            (currency, available_on, net),
        )

    def money(self) -> list[tuple[Any, ...]]:
        """(currency, available, pending) in minor units."""
        return self.rows(
            "SELECT currency, sum(net * (available_on <= ?1)), sum(net * (available_on > ?1)) FROM money "
            "GROUP BY currency ORDER BY currency",
            (self.now(),),
        )

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

    def due_deliveries(self, now: float, limit: int = 50) -> list[tuple[Any, ...]]:
        """(row, event, attempts so far) that are due."""
        query = "SELECT rowid, event, attempt FROM deliveries WHERE done = 0 AND due <= ? ORDER BY due LIMIT ?"
        return self.rows(query, (now, limit))

    def delivered(self, row: int) -> None:
        """A delivery arrived: the event is no longer pending."""
        self.given_up(row)
        self._sql.execute(
            "UPDATE objects SET body = json_set(body, '$.pending_webhooks', 0) "
            "WHERE id = (SELECT event FROM deliveries WHERE rowid = ?)",
            (row,),
        )

    def given_up(self, row: int) -> None:
        """No more tries; the event stays pending, as the list of events shows."""
        self._sql.execute("UPDATE deliveries SET done = 1 WHERE rowid = ?", (row,))

    def postpone(self, row: int, due: float) -> None:
        """Try a delivery again at `due`."""
        self._sql.execute("UPDATE deliveries SET attempt = attempt + 1, due = ? WHERE rowid = ?", (due, row))

    def open_deliveries(self) -> int:
        """How many deliveries are still to be made."""
        return int(self.rows("SELECT count(*) FROM deliveries WHERE done = 0")[0][0])


def new_id(prefix: str) -> str:
    """An id as Stripe writes them."""
    return f"{prefix}_{secrets.token_hex(12)}"
