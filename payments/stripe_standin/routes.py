"""Which operation answers which address, and with which parameters. Unknown parameters are refused, as Stripe does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from payments.stripe_standin import (
    accounts,
    balance,
    charges,
    customers,
    disputes,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
)  # fmt: skip
from payments.stripe_standin.errors import invalid
from payments.stripe_standin.store import Object, Store

LIST = {"limit", "starting_after", "ending_before", "expand", "created"}
GET = {"expand", "client_secret"}
CANCEL = {"cancellation_reason", "expand"}
MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Operation:
    """`handler(store, values, *path parameters)`; `public` may be called with the publishable key."""

    handler: Callable[..., Any]
    allowed: set[str]
    is_list: bool = False
    public: bool = False


def list_events(store: Store, values: dict[str, Any]) -> list[Object]:
    """GET /v1/events, by type where asked."""
    kind = values.get("type")
    return [event for event in store.newest("event") if kind in (None, event["type"])]


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "/v1/customers"): Operation(customers.create, customers.CREATE),
    ("GET", "/v1/customers/{id}"): Operation(customers.retrieve, GET),
    ("POST", "/v1/customers/{id}"): Operation(customers.update, customers.CREATE),
    ("POST", "/v1/payment_methods"): Operation(payment_methods.create, payment_methods.CREATE, public=True),
    ("GET", "/v1/payment_methods"): Operation(payment_methods.list_all, LIST | {"customer", "type"}, is_list=True),
    ("GET", "/v1/payment_methods/{id}"): Operation(payment_methods.retrieve, GET),
    ("POST", "/v1/payment_methods/{id}/attach"): Operation(payment_methods.attach, {"customer", "expand"}),
    ("POST", "/v1/payment_methods/{id}/detach"): Operation(payment_methods.detach, {"expand"}),
    ("POST", "/v1/setup_intents"): Operation(setup_intents.create, setup_intents.CREATE),
    ("GET", "/v1/setup_intents"): Operation(setup_intents.list_all, LIST | {"customer"}, is_list=True),
    ("GET", "/v1/setup_intents/{id}"): Operation(setup_intents.retrieve, GET, public=True),
    ("POST", "/v1/setup_intents/{id}/confirm"): Operation(setup_intents.confirm, setup_intents.CONFIRM, public=True),
    ("POST", "/v1/setup_intents/{id}/cancel"): Operation(setup_intents.cancel, CANCEL),
    ("POST", "/v1/payment_intents"): Operation(payment_intents.create, payment_intents.CREATE),
    ("GET", "/v1/payment_intents"): Operation(payment_intents.list_all, LIST | {"customer"}, is_list=True),
    ("GET", "/v1/payment_intents/{id}"): Operation(payment_intents.retrieve, GET, public=True),
    ("POST", "/v1/payment_intents/{id}"): Operation(payment_intents.update, payment_intents.UPDATE),
    ("POST", "/v1/payment_intents/{id}/confirm"): Operation(
        payment_intents.confirm, payment_intents.CONFIRM, public=True
    ),
    ("POST", "/v1/payment_intents/{id}/cancel"): Operation(payment_intents.cancel, CANCEL),
    ("GET", "/v1/charges/{id}"): Operation(charges.retrieve, GET),
    ("POST", "/v1/refunds"): Operation(refunds.create, refunds.CREATE),
    ("GET", "/v1/refunds"): Operation(refunds.list_all, LIST | {"charge", "payment_intent"}, is_list=True),
    ("GET", "/v1/refunds/{id}"): Operation(refunds.retrieve, GET),
    ("GET", "/v1/disputes"): Operation(disputes.list_all, LIST | {"charge"}, is_list=True),
    ("GET", "/v1/disputes/{id}"): Operation(disputes.retrieve, GET),
    ("GET", "/v1/balance"): Operation(balance.summary, GET),
    ("GET", "/v1/balance_transactions"): Operation(balance.list_all, LIST | {"source", "type"}, is_list=True),
    ("GET", "/v1/balance_transactions/{id}"): Operation(balance.retrieve, GET),
    ("GET", "/v1/events"): Operation(list_events, LIST | {"type"}, is_list=True),
    ("POST", "/v2/core/accounts"): Operation(accounts.create, accounts.CREATE),
    ("GET", "/v2/core/accounts/{id}"): Operation(accounts.retrieve, {"include"}),
    ("POST", "/v2/core/account_links"): Operation(accounts.link, accounts.LINK),
}


def refuse_unknown(operation: Operation, values: dict[str, Any]) -> None:
    """Raises ApiError 400 for a parameter that the operation does not have."""
    if unknown := sorted(set(values) - operation.allowed):
        raise invalid(f"Received unknown parameter: {unknown[0]}", unknown[0], "parameter_unknown")


def page(items: list[Object], values: dict[str, Any], url: str) -> Object:
    """A `list` page, newest first."""
    limit = int(values.get("limit", 10))
    if not 1 <= limit <= MAX_LIMIT:
        raise invalid(f"limit must be between 1 and {MAX_LIMIT}.", "limit")
    ids = [item["id"] for item in items]
    start = ids.index(values["starting_after"]) + 1 if values.get("starting_after") in ids else 0
    shown = items[start : start + limit]
    return {"object": "list", "data": shown, "has_more": len(items) > start + limit, "url": url}


def expand(store: Store, item: Object, paths: Any) -> Object:
    """Replace ids by objects where `expand` asks, as `latest_charge.balance_transaction`."""
    for path in paths if isinstance(paths, list) else []:
        node = item
        for name in str(path).split("."):
            if not isinstance(node, dict) or name not in node:
                raise invalid(f"This property cannot be expanded ({path}).", "expand")
            if node[name] is None:
                break
            found = store.get(node[name]) if isinstance(node[name], str) else node[name]
            if found is not None and found.get("object") == "balance_transaction":
                found = balance.current(store, found)
            node[name] = node = found or {}
    return item
