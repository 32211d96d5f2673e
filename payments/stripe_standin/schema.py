"""The tables of the stand-in's one SQLite file, and how files of older versions are brought to them."""

from __future__ import annotations

import sqlite3

TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL,
    body TEXT NOT NULL, created INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
    event TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, done INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due) WHERE done = 0;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS money (
    currency TEXT NOT NULL, available_on INTEGER NOT NULL, net INTEGER NOT NULL, PRIMARY KEY (currency, available_on));
CREATE TABLE IF NOT EXISTS timers (due INTEGER NOT NULL, name TEXT NOT NULL, object TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS timers_due ON timers (due);
CREATE INDEX IF NOT EXISTS objects_newest ON objects (kind, created, seq);
"""
# What lists filter on, by kind: one partial index each, so a page never reads the whole table.
FILTERED: dict[str, tuple[str, ...]] = {
    "balance_transaction": ("source", "type", "currency"),
    "charge": ("payment_intent", "customer", "transfer_group"),
    "customer": ("email",),
    "dispute": ("charge", "payment_intent"),
    "event": ("type",),
    "payment_intent": ("customer",),
    "payment_method": ("customer",),
    "payout": ("status", "destination"),
    "refund": ("charge", "payment_intent"),
    "setup_intent": ("customer", "payment_method"),
    "transfer": ("destination", "transfer_group", "source_transaction"),
    "transfer_reversal": ("transfer",),
}


def field(name: str) -> str:
    """The SQL expression of a field; lists and indexes must write it alike for SQLite to see the match."""
    return f"json_extract(body, '$.{name}')"


def indexes() -> str:
    """One index for each filtered field, and one for events that wait for their delivery."""
    made = [
        f"CREATE INDEX IF NOT EXISTS by_{kind}_{name} ON objects ({field(name)}, created, seq) WHERE kind = '{kind}';"
        for kind, names in FILTERED.items()
        for name in names
    ]
    undelivered = f"kind = 'event' AND {field('pending_webhooks')} > 0"
    made.append(f"CREATE INDEX IF NOT EXISTS undelivered ON objects (kind, created, seq) WHERE {undelivered};")
    return "\n".join(made)


def prepare(sql: sqlite3.Connection) -> None:
    """Make what is missing. A file from before `created` and `money` gets both filled from its objects."""
    columns = {row[1] for row in sql.execute("PRAGMA table_info(objects)")}
    if columns and "created" not in columns:
        sql.execute("ALTER TABLE objects ADD COLUMN created INTEGER NOT NULL DEFAULT 0")
        sql.execute(f"UPDATE objects SET created = CAST({field('created')} AS INTEGER)")  # noqa: S608  # reason: ours
        sql.executescript("DROP INDEX IF EXISTS objects_kind;" + TABLES)
        sql.execute(
            f"INSERT INTO money SELECT {field('currency')}, {field('available_on')}, sum({field('net')}) "  # noqa: S608  # reason: ours
            "FROM objects WHERE kind = 'balance_transaction' GROUP BY 1, 2"
        )
    sql.executescript(TABLES + indexes())
