"""Transfers to recipients and their reversals: only from money that is available, never back more than was sent."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin import accounts, bookings, charges
from payments.stripe_standin.errors import invalid, missing
from payments.stripe_standin.events import emit
from payments.stripe_standin.forms import integer, metadata, require, text
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store, new_id

CREATE = {
    "amount", "currency", "destination", "description", "metadata", "source_transaction", "transfer_group", "expand",
}  # fmt: skip
UPDATE = {"description", "metadata", "expand"}
REVERSE = {"amount", "description", "metadata", "expand"}
UPDATE_REVERSAL = {"metadata", "expand"}
SHOWN_REVERSALS = 10

list_all = Listing("transfer", ("destination", "transfer_group"))
list_of_transfer = Listing("transfer_reversal", under="transfer", by_time=False)


def source_charge(store: Store, values: dict[str, Any], amount: int, currency: str) -> Object | None:
    """The charge whose money is passed on, still pending or not. Raises ApiError 400 or 404."""
    charge_id = text(values, "source_transaction")
    if charge_id is None:
        return None
    charges.booked_later(store, charge_id)
    charge = charges.find(store, charge_id)
    if charge["currency"] != currency:
        raise invalid("The currency of source_transaction's balance transaction must be the transfer's.", "currency")
    passed_on = sum(item["amount"] for item in store.newest("transfer", source_transaction=charge_id))
    if amount > charge["amount_captured"] - passed_on:
        raise invalid("The transfers of this charge would exceed its amount.", "amount")
    return charge


def create(store: Store, values: dict[str, Any]) -> Object:
    """POST /v1/transfers. Refused with `balance_insufficient` when the available balance is too small."""
    amount, currency = integer(values, "amount", at_least=1), require(values, "currency").lower()
    destination = require(values, "destination")
    if not accounts.takes_transfers(store, destination):
        raise invalid(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers.",
            "destination", "insufficient_capabilities_for_transfer",
        )  # fmt: skip
    charge = source_charge(store, values, amount, currency)
    if charge is None and amount > bookings.available(store, currency):
        message = "You have insufficient available funds in your Stripe account for this transfer."
        raise invalid(message, "amount", "balance_insufficient")
    transfer = blank(store, amount, currency, destination, values)
    ready = store.get(charge["balance_transaction"]) if charge else None
    booked = bookings.book(
        store, -amount, 0, currency, kind="transfer", source=transfer["id"],
        available_on=ready["available_on"] if ready else None,
    )  # fmt: skip
    transfer["balance_transaction"] = booked["id"]
    if charge and not transfer["transfer_group"]:
        transfer["transfer_group"] = charge["transfer_group"] or f"group_{charge['id']}"
    emit(store, "transfer.created", store.put(transfer))
    return transfer


def blank(store: Store, amount: int, currency: str, destination: str, values: dict[str, Any]) -> Object:
    """A transfer before its booking."""
    transfer_id = new_id("tr")
    return {
        "id": transfer_id, "object": "transfer", "amount": amount, "amount_reversed": 0, "balance_transaction": None,
        "created": store.now(), "currency": currency, "description": text(values, "description"),
        "destination": destination, "destination_payment": new_id("py"), "livemode": False,
        "metadata": metadata(values), "reversals": reversal_page(transfer_id, []), "reversed": False,
        "source_transaction": text(values, "source_transaction"), "source_type": "card",
        "transfer_group": text(values, "transfer_group"),
    }  # fmt: skip


def reversal_page(transfer_id: str, newest: list[Object]) -> Object:
    """The newest reversals as a transfer carries them."""
    url = f"/v1/transfers/{transfer_id}/reversals"
    shown = newest[:SHOWN_REVERSALS]
    return {"object": "list", "data": shown, "has_more": len(newest) > SHOWN_REVERSALS, "url": url}


def find(store: Store, transfer_id: str) -> Object:
    """The transfer. Raises ApiError 404."""
    found = store.get(transfer_id)
    if found is None or found["object"] != "transfer":
        raise missing("transfer", transfer_id)
    return found


def retrieve(store: Store, values: dict[str, Any], transfer_id: str) -> Object:
    """GET /v1/transfers/{id}."""
    return find(store, transfer_id)


def update(store: Store, values: dict[str, Any], transfer_id: str) -> Object:
    """POST /v1/transfers/{id}."""
    transfer = find(store, transfer_id)
    if "description" in values:
        transfer["description"] = text(values, "description")
    transfer["metadata"] = metadata(values, transfer["metadata"])
    emit(store, "transfer.updated", store.put(transfer))
    return transfer


def reverse(store: Store, values: dict[str, Any], transfer_id: str) -> Object:
    """POST /v1/transfers/{id}/reversals, whole or in part. The recipient's side is always able to pay back."""
    transfer = find(store, transfer_id)
    left = transfer["amount"] - transfer["amount_reversed"]
    if left == 0:
        raise invalid(f"Transfer {transfer_id} is already fully reversed.", code="transfer_already_reversed")
    amount = integer(values, "amount", default=left, at_least=1)
    if amount > left:
        message = f"Reversal amount ({amount}) is greater than unreversed amount on transfer ({left})"
        raise invalid(message, "amount")
    reversal: Object = {
        "id": new_id("trr"), "object": "transfer_reversal", "amount": amount, "created": store.now(),
        "currency": transfer["currency"], "destination_payment_refund": new_id("pyr"),
        "metadata": metadata(values), "source_refund": None, "transfer": transfer_id,
    }  # fmt: skip
    booked = bookings.book(store, amount, 0, transfer["currency"], kind="transfer_refund", source=reversal["id"])
    reversal["balance_transaction"] = booked["id"]
    store.put(reversal)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = amount == left
    transfer["reversals"] = reversal_page(transfer_id, store.newest("transfer_reversal", transfer=transfer_id))
    emit(store, "transfer.reversed", store.put(transfer))
    return reversal


def list_reversals(store: Store, values: dict[str, Any], transfer_id: str) -> Object:
    """GET /v1/transfers/{id}/reversals."""
    return list_of_transfer(store, values, find(store, transfer_id)["id"])


def find_reversal(store: Store, transfer_id: str, reversal_id: str) -> Object:
    """The reversal of this transfer. Raises ApiError 404."""
    found = store.get(reversal_id)
    if found is None or found["object"] != "transfer_reversal" or found["transfer"] != transfer_id:
        raise missing("reversal", reversal_id)
    return found


def retrieve_reversal(store: Store, values: dict[str, Any], transfer_id: str, reversal_id: str) -> Object:
    """GET /v1/transfers/{id}/reversals/{reversal}."""
    return find_reversal(store, transfer_id, reversal_id)


def update_reversal(store: Store, values: dict[str, Any], transfer_id: str, reversal_id: str) -> Object:
    """POST /v1/transfers/{id}/reversals/{reversal}."""
    reversal = find_reversal(store, transfer_id, reversal_id)
    reversal["metadata"] = metadata(values, reversal["metadata"])
    return store.put(reversal)
