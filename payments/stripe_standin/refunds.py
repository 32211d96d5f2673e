"""Refunds: never more than the charge, never of a disputed charge."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin import charges, payment_intents
from payments.stripe_standin.bookings import book
from payments.stripe_standin.errors import invalid, missing
from payments.stripe_standin.events import emit
from payments.stripe_standin.forms import integer, metadata, text
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store, new_id

CREATE = {"payment_intent", "charge", "amount", "reason", "metadata", "expand"}


def charge_of(store: Store, values: dict[str, Any]) -> Object:
    """The succeeded charge that is meant. Raises ApiError 400 or 404."""
    if charge_id := text(values, "charge"):
        return charges.find(store, charge_id)
    intent_id = text(values, "payment_intent")
    if intent_id is None:
        raise invalid("One of the following params should be provided: payment_intent or charge.")
    intent = payment_intents.retrieve(store, {}, intent_id)
    if intent["status"] != "succeeded":
        raise invalid("This PaymentIntent does not have a successful charge to refund.", "payment_intent")
    return charges.find(store, intent["latest_charge"])


def create(store: Store, values: dict[str, Any]) -> Object:
    """POST /v1/refunds."""
    charge = charge_of(store, values)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = integer(values, "amount", default=left, at_least=1)
    if amount > left:
        raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", "amount")
    refund: Object = {
        "id": new_id("re"), "object": "refund", "amount": amount, "balance_transaction": None, "charge": charge["id"],
        "created": store.now(), "currency": charge["currency"], "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card"},
        "metadata": metadata(values), "payment_intent": charge["payment_intent"], "reason": text(values, "reason"),
        "receipt_number": None, "source_transfer_reversal": None, "status": "succeeded", "transfer_reversal": None,
    }  # fmt: skip
    booked = book(store, -amount, 0, charge["currency"], kind="refund", source=refund["id"])
    refund["balance_transaction"] = booked["id"]
    store.put(refund, owner=charge["id"])
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    store.put(charge)
    emit(store, "refund.created", refund)
    emit(store, "charge.refunded", charge)
    return refund


def retrieve(store: Store, values: dict[str, Any], refund_id: str) -> Object:
    """GET /v1/refunds/{id}."""
    found = store.get(refund_id)
    if found is None or found["object"] != "refund":
        raise missing("refund", refund_id)
    return found


list_all = Listing("refund", ("charge", "payment_intent"))
