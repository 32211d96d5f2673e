"""The stand-in's file: read by index however long it grows, kept across versions and restarts."""

import json
import sqlite3
import subprocess
import sys

import pytest

from payments.stripe_standin import bookings, events
from payments.stripe_standin.charges import list_all as charges_list
from payments.stripe_standin.store import Store
from payments.stripe_standin.transfers import list_all as transfers_list

LISTS = [
    (events.list_all, {}),
    (events.list_all, {"type": "charge.succeeded", "starting_after": "evt_7"}),
    (events.list_all, {"types": ["x", "y"]}),
    (events.list_all, {"created": {"gte": "5"}}),
    (charges_list, {"payment_intent": "pi_1"}),
    (transfers_list, {"transfer_group": "g", "created": {"lt": "9"}}),
]


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize(("listing", "values"), LISTS)
def test_a_page_is_read_from_an_index_without_sorting(store, listing, values):
    seen = []
    with store.transaction():
        for number in range(20):
            item = {"id": f"evt_{number}", "object": "event", "created": number, "type": "x", "pending_webhooks": 1}
            store.put(item)
        store.rows, read = lambda query, bound=(): seen.append((query, bound)) or read(query, bound), store.rows
        listing(store, values)
        query, bound = next(found for found in seen if "ORDER BY" in found[0])
        plan = " ".join(row[3] for row in read(f"EXPLAIN QUERY PLAN {query}", bound))
    assert "USING INDEX" in plan
    assert "SCAN" not in plan
    assert "TEMP B-TREE" not in plan


def test_undelivered_events_have_an_index_of_their_own(store):
    with store.transaction():
        terms, _ = events.list_all.terms({"delivery_success": "false", "types": ["x"]}, "")
        query = (
            f"EXPLAIN QUERY PLAN SELECT body FROM objects WHERE {' AND '.join(terms)} ORDER BY created DESC, seq DESC"
        )
        assert "USING INDEX undelivered" in store.rows(query, ["x"])[0][3]


def test_the_balance_is_a_running_total(store):
    with store.transaction():
        bookings.book(store, 1000, 40, "eur", kind="charge", source="ch_1", available_on=store.now() + 100)
        bookings.book(store, -300, 0, "eur", kind="refund", source="re_1")
        assert store.money() == [("eur", -300, 960)]
        store.set_fact("clock_offset", 101)
        assert store.money() == [("eur", 660, 0)]


def test_a_file_of_the_first_version_is_brought_up_to_date(tmp_path):
    booked = {
        "id": "txn_1", "object": "balance_transaction", "created": 5, "available_on": 5, "net": 960, "currency": "eur",
    }  # fmt: skip
    sql = sqlite3.connect(tmp_path / "standin.sqlite3")
    sql.executescript(
        "CREATE TABLE objects (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, "
        "owner TEXT NOT NULL DEFAULT '', body TEXT NOT NULL);"
        "CREATE INDEX objects_kind ON objects (kind, owner, seq);"
    )
    sql.execute(
        "INSERT INTO objects (id, kind, body) VALUES ('txn_1', 'balance_transaction', ?)", (json.dumps(booked),)
    )
    sql.commit()
    sql.close()
    store = Store(tmp_path)
    with store.transaction():
        assert store.newest("balance_transaction") == [booked]
        assert store.money() == [("eur", 960, 0)]
    store.close()


def store_two(store):
    """One object that can be kept, then one that cannot."""
    store.put({"id": "cus_2", "object": "customer", "created": 1})
    store.put({"id": "cus_3", "object": "customer", "created": object()})


def test_what_is_stored_outlives_a_restart_and_an_error_leaves_nothing(tmp_path):
    first = Store(tmp_path)
    with first.transaction():
        first.put({"id": "cus_1", "object": "customer", "created": 1})
    with pytest.raises(TypeError, match="JSON"), first.transaction():
        store_two(first)
    first.close()
    second = Store(tmp_path)
    with second.transaction():
        assert (second.get("cus_1") is None, second.get("cus_2")) == (False, None)
    second.close()


def test_the_stand_in_imports_no_django():
    code = "import sys, payments.stripe_standin.__main__; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
