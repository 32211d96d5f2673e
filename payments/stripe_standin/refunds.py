"""Refunds: never more than the charge, never of a disputed charge; some are pending first, some fail later."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin import charges, disputes, payment_intents
from payments.stripe_standin.bookings import book
from payments.stripe_standin.errors import invalid, missing
from payments.stripe_standin.events import emit
from payments.stripe_standin.forms import integer, metadata, text
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store, new_id

CREATE = {"payment_intent", "charge", "amount", "reason", "metadata", "expand"}
UPDATE = {"metadata", "expand"}
REASONS = {"duplicate", "fraudulent", "requested_by_customer"}
# How long the cards of pending and failing refunds take, in seconds of the business clock; the fact of this name wins.
LATER_SECONDS = 2

list_all = Listing("refund", ("charge", "payment_intent"))


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


def refundable(store: Store, charge: Object, values: dict[str, Any]) -> int:
    """The amount to refund, in minor units. Raises ApiError 400 for more than is left and for a disputed charge."""
    if not (charge["paid"] and charge["captured"]):
        raise invalid(f"Charge {charge['id']} has not been paid; nothing can be refunded.", "charge")
    if disputes.blocks_refund(store, charge):
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    left = int(charge["amount"] - charge["amount_refunded"])
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = integer(values, "amount", default=left, at_least=1)
    if amount > left:
        raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", "amount")
    return amount


def create(store: Store, values: dict[str, Any]) -> Object:
    """POST /v1/refunds."""
    if (reason := text(values, "reason")) not in {None, *REASONS}:
        raise invalid(f"Invalid reason: must be one of {', '.join(sorted(REASONS))}", "reason")
    charge = charge_of(store, values)
    amount = refundable(store, charge, values)
    how = charges.behavior_of_charge(charge).refund
    waits = int(store.fact("refund_seconds") or (LATER_SECONDS if how else 0))
    pending = how == "pending" or (not how and waits > 0)
    refund: Object = {
        "id": new_id("re"), "object": "refund", "amount": amount, "balance_transaction": None, "charge": charge["id"],
        "created": store.now(), "currency": charge["currency"], "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card"},
        "metadata": metadata(values), "payment_intent": charge["payment_intent"], "reason": reason,
        "receipt_number": None, "source_transfer_reversal": None, "status": "pending" if pending else "succeeded",
        "transfer_reversal": None,
    }  # fmt: skip
    booked = book(store, -amount, 0, charge["currency"], kind="refund", source=refund["id"])
    refund["balance_transaction"] = booked["id"]
    add_refunded(store, charge, amount)
    if how or pending:
        store.set_timer(store.now() + waits, "refund_fails" if how == "fails" else "refund_succeeds", refund["id"])
    emit(store, "refund.created", store.put(refund))
    emit(store, "charge.refunded", charge)
    return refund


def add_refunded(store: Store, charge: Object, amount: int) -> None:
    """Count `amount` (negative when it came back) on the charge."""
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    store.put(charge)


def changed(store: Store, refund: Object) -> None:
    """Keep a refund and say that it changed."""
    emit(store, "refund.updated", store.put(refund))
    emit(store, "charge.refund.updated", refund)


def succeed(store: Store, refund_id: str) -> None:
    """A pending refund arrived."""
    refund = find(store, refund_id)
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
        changed(store, refund)


def fail(store: Store, refund_id: str, reason: str = "unknown") -> Object:
    """The bank sent the money back. It is on the balance again, and the charge can be refunded once more."""
    refund = find(store, refund_id)
    if refund["status"] not in {"pending", "succeeded"}:
        raise invalid(f"Refund {refund_id} has a status of {refund['status']}; it cannot fail.", "refund")
    booked = book(store, refund["amount"], 0, refund["currency"], kind="refund_failure", source=refund_id)
    refund |= {"status": "failed", "failure_reason": reason, "failure_balance_transaction": booked["id"]}
    add_refunded(store, charges.find(store, refund["charge"]), -refund["amount"])
    changed(store, refund)
    emit(store, "refund.failed", refund)
    return refund


def fail_later(store: Store, refund_id: str) -> None:
    """The card whose refunds fail after they looked fine."""
    if find(store, refund_id)["status"] != "failed":
        fail(store, refund_id)


def find(store: Store, refund_id: str) -> Object:
    """The refund. Raises ApiError 404."""
    found = store.get(refund_id)
    if found is None or found["object"] != "refund":
        raise missing("refund", refund_id)
    return found


def retrieve(store: Store, values: dict[str, Any], refund_id: str) -> Object:
    """GET /v1/refunds/{id}."""
    return find(store, refund_id)


def update(store: Store, values: dict[str, Any], refund_id: str) -> Object:
    """POST /v1/refunds/{id}."""
    refund = find(store, refund_id)
    refund["metadata"] = metadata(values, refund["metadata"])
    changed(store, refund)
    return refund
