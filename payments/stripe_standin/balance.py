"""The platform's balance and its transactions: pending until their day, then available."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin.errors import missing
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store

DEFAULT_CURRENCY = "eur"


def current(store: Store, transaction: Object) -> Object:
    """The transaction with the status that it has now."""
    available = transaction["available_on"] <= store.now()
    return {**transaction, "status": "available" if available else "pending"}


list_all = Listing("balance_transaction", ("source", "type", "currency"), show=current)


def retrieve(store: Store, values: dict[str, Any], transaction_id: str) -> Object:
    """GET /v1/balance_transactions/{id}."""
    found = store.get(transaction_id)
    if found is None or found["object"] != "balance_transaction":
        raise missing("balance transaction", transaction_id)
    return current(store, found)


def summary(store: Store, values: dict[str, Any]) -> Object:
    """GET /v1/balance: minor units by currency; a currency without cents counts whole units."""

    def shown(column: int) -> list[Object]:
        lines = store.money() or [(DEFAULT_CURRENCY, 0, 0)]
        return [{"amount": line[column], "currency": line[0], "source_types": {"card": line[column]}} for line in lines]

    nothing = [{"amount": 0, "currency": DEFAULT_CURRENCY}]
    return {
        "object": "balance", "available": shown(1), "livemode": False, "pending": shown(2),
        "connect_reserved": nothing, "refund_and_dispute_prefunding": {"available": nothing, "pending": nothing},
    }  # fmt: skip
