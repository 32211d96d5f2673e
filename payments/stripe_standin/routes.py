"""Which operation answers which address, and with which parameters. Unknown parameters are refused, as Stripe does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from payments.stripe_standin import (
    accounts,
    balance,
    captures,
    charges,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    setup_intents,
    thin_events,
    transfers,
)  # fmt: skip
from payments.stripe_standin.errors import invalid
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store

GET = {"expand"}
GET_INTENT = {"expand", "client_secret"}
CANCEL = {"cancellation_reason", "expand"}


@dataclass(frozen=True, slots=True)
class Operation:
    """`handler(store, values, *path parameters)`; `public` may be called with the publishable key.

    `allowed` are the parameters that are implemented; `shapes` checks what is given.
    """

    handler: Callable[..., Any]
    allowed: set[str]
    public: bool = False


def listed(listing: Listing) -> Operation:
    """The operation of a list."""
    return Operation(listing, listing.allowed)


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "/v1/customers"): Operation(customers.create, customers.CREATE),
    ("GET", "/v1/customers"): listed(customers.list_all),
    ("DELETE", "/v1/customers/{id}"): Operation(customers.delete, set()),
    ("GET", "/v1/customers/{id}"): Operation(customers.retrieve, GET),
    ("POST", "/v1/customers/{id}"): Operation(customers.update, customers.CREATE),
    ("GET", "/v1/customers/{id}/payment_methods"): Operation(
        payment_methods.list_for_customer, payment_methods.list_of_customer.allowed
    ),
    ("POST", "/v1/payment_methods"): Operation(payment_methods.create, payment_methods.CREATE, public=True),
    ("GET", "/v1/payment_methods"): listed(payment_methods.list_all),
    ("GET", "/v1/payment_methods/{id}"): Operation(payment_methods.retrieve, GET),
    ("POST", "/v1/payment_methods/{id}/attach"): Operation(payment_methods.attach, {"customer", "expand"}),
    ("POST", "/v1/payment_methods/{id}/detach"): Operation(payment_methods.detach, {"expand"}),
    ("POST", "/v1/setup_intents"): Operation(setup_intents.create, setup_intents.CREATE),
    ("GET", "/v1/setup_intents"): listed(setup_intents.list_all),
    ("GET", "/v1/setup_intents/{id}"): Operation(setup_intents.retrieve, GET_INTENT, public=True),
    ("POST", "/v1/setup_intents/{id}/confirm"): Operation(setup_intents.confirm, setup_intents.CONFIRM, public=True),
    ("POST", "/v1/setup_intents/{id}/cancel"): Operation(setup_intents.cancel, CANCEL),
    ("POST", "/v1/payment_intents"): Operation(payment_intents.create, payment_intents.CREATE),
    ("GET", "/v1/payment_intents"): listed(payment_intents.list_all),
    ("GET", "/v1/payment_intents/{id}"): Operation(payment_intents.retrieve, GET_INTENT, public=True),
    ("POST", "/v1/payment_intents/{id}"): Operation(payment_intents.update, payment_intents.UPDATE),
    ("POST", "/v1/payment_intents/{id}/confirm"): Operation(
        payment_intents.confirm, payment_intents.CONFIRM, public=True
    ),
    ("POST", "/v1/payment_intents/{id}/cancel"): Operation(payment_intents.cancel, CANCEL),
    ("POST", "/v1/payment_intents/{id}/capture"): Operation(captures.capture, captures.CAPTURE),
    ("GET", "/v1/charges/{id}"): Operation(charges.retrieve, GET),
    ("POST", "/v1/refunds"): Operation(refunds.create, refunds.CREATE),
    ("GET", "/v1/refunds"): listed(refunds.list_all),
    ("GET", "/v1/refunds/{id}"): Operation(refunds.retrieve, GET),
    ("POST", "/v1/refunds/{id}"): Operation(refunds.update, refunds.UPDATE),
    ("GET", "/v1/disputes"): listed(disputes.list_all),
    ("GET", "/v1/disputes/{id}"): Operation(disputes.retrieve, GET),
    ("POST", "/v1/disputes/{id}"): Operation(disputes.update, disputes.UPDATE),
    ("POST", "/v1/disputes/{id}/close"): Operation(disputes.close, {"expand"}),
    ("POST", "/v1/payouts"): Operation(payouts.create, payouts.CREATE),
    ("GET", "/v1/payouts"): listed(payouts.list_all),
    ("GET", "/v1/payouts/{id}"): Operation(payouts.retrieve, GET),
    ("POST", "/v1/payouts/{id}"): Operation(payouts.update, payouts.UPDATE),
    ("POST", "/v1/payouts/{id}/cancel"): Operation(payouts.cancel, {"expand"}),
    ("GET", "/v1/balance"): Operation(balance.summary, GET),
    ("GET", "/v1/balance_transactions"): listed(balance.list_all),
    ("GET", "/v1/balance_transactions/{id}"): Operation(balance.retrieve, GET),
    ("GET", "/v1/charges"): listed(charges.list_all),
    ("POST", "/v1/transfers"): Operation(transfers.create, transfers.CREATE),
    ("GET", "/v1/transfers"): listed(transfers.list_all),
    ("GET", "/v1/transfers/{id}"): Operation(transfers.retrieve, GET),
    ("POST", "/v1/transfers/{id}"): Operation(transfers.update, transfers.UPDATE),
    ("POST", "/v1/transfers/{id}/reversals"): Operation(transfers.reverse, transfers.REVERSE),
    ("GET", "/v1/transfers/{id}/reversals"): Operation(transfers.list_reversals, transfers.list_of_transfer.allowed),
    ("GET", "/v1/transfers/{id}/reversals/{reversal}"): Operation(transfers.retrieve_reversal, GET),
    ("POST", "/v1/transfers/{id}/reversals/{reversal}"): Operation(
        transfers.update_reversal, transfers.UPDATE_REVERSAL
    ),
    ("GET", "/v1/events"): listed(events.list_all),
    ("GET", "/v1/events/{id}"): Operation(events.retrieve, GET),
    ("GET", "/v1/accounts/{id}"): Operation(accounts.retrieve_v1, {"expand"}),
    ("POST", "/v2/core/accounts"): Operation(accounts.create, accounts.CREATE),
    ("GET", "/v2/core/accounts/{id}"): Operation(accounts.retrieve, {"include"}),
    ("POST", "/v2/core/accounts/{id}"): Operation(accounts.update, accounts.UPDATE),
    ("POST", "/v2/core/accounts/{id}/close"): Operation(accounts.close, {"applied_configurations"}),
    ("GET", "/v2/core/events"): Operation(thin_events.list_all, thin_events.LIST),
    ("GET", "/v2/core/events/{id}"): Operation(thin_events.retrieve, set()),
    ("POST", "/v2/core/account_links"): Operation(accounts.link, accounts.LINK),
}


def expand(store: Store, item: Object, paths: Any) -> Object:
    """Replace ids by objects where `expand` asks, as `latest_charge.balance_transaction`. Raises ApiError 400."""
    for path in paths if isinstance(paths, list) else []:
        _expand(store, item, str(path).split("."), str(path))
    return item


def _expand(store: Store, node: Any, names: list[str], path: str) -> None:
    if isinstance(node, list):
        for child in node:
            _expand(store, child, names, path)
    elif names and node is not None:
        if not isinstance(node, dict) or names[0] not in node:
            raise invalid(f"This property cannot be expanded ({path}).", "expand")
        node[names[0]] = expanded(store, node[names[0]])
        _expand(store, node[names[0]], names[1:], path)


def expanded(store: Store, value: Any) -> Any:
    """The object behind an id; anything else as it is."""
    found = store.get(value) if isinstance(value, str) else None
    if found is None:
        return value
    return balance.current(store, found) if found["object"] == "balance_transaction" else found
