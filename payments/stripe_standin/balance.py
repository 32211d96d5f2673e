"""The platform's balance and its transactions: pending until their day, then available."""

from __future__ import annotations

from collections import Counter
from typing import Any

from payments.stripe_standin.errors import missing
from payments.stripe_standin.forms import text
from payments.stripe_standin.store import Object, Store


def current(store: Store, transaction: Object) -> Object:
    """The transaction with the status that it has now."""
    available = transaction["available_on"] <= store.now()
    return {**transaction, "status": "available" if available else "pending"}


def list_all(store: Store, values: dict[str, Any]) -> list[Object]:
    """GET /v1/balance_transactions, by `source` or `type` where asked."""
    source, kind = text(values, "source") or "", text(values, "type")
    found = store.newest("balance_transaction", source)
    return [current(store, item) for item in found if kind in (None, item["type"])]


def retrieve(store: Store, values: dict[str, Any], transaction_id: str) -> Object:
    """GET /v1/balance_transactions/{id}."""
    found = store.get(transaction_id)
    if found is None or found["object"] != "balance_transaction":
        raise missing("balance transaction", transaction_id)
    return current(store, found)


def amounts(store: Store, status: str) -> Counter[str]:
    """Net by currency in one status."""
    total: Counter[str] = Counter()
    for item in list_all(store, {}):
        total[item["currency"]] += item["net"] if item["status"] == status else 0
    return total


def summary(store: Store, values: dict[str, Any]) -> Object:
    """GET /v1/balance."""

    def shown(status: str) -> list[Object]:
        lines = sorted(amounts(store, status).items()) or [("eur", 0)]
        return [{"amount": net, "currency": currency, "source_types": {"card": net}} for currency, net in lines]

    return {
        "object": "balance", "available": shown("available"), "livemode": False, "pending": shown("pending"),
        "connect_reserved": [{"amount": 0, "currency": "eur"}], "refund_and_dispute_prefunding": {
            "available": [{"amount": 0, "currency": "eur"}], "pending": [{"amount": 0, "currency": "eur"}]},
    }  # fmt: skip
