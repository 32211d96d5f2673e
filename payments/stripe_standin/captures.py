"""Held PaymentIntents (`capture_method=manual`): captured once, released, or expired after seven days."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin import charges, intents
from payments.stripe_standin.bookings import DAY
from payments.stripe_standin.errors import invalid, wrong_state
from payments.stripe_standin.events import emit
from payments.stripe_standin.forms import integer, metadata
from payments.stripe_standin.store import Object, Store

CAPTURE = {"amount_to_capture", "metadata", "expand"}
HOLD_SECONDS = 7 * DAY


def hold(store: Store, intent: Object, charge: Object) -> None:
    """The bank has set the amount aside; nothing is taken yet."""
    intent |= {"status": "requires_capture", "amount_capturable": intent["amount"], "latest_charge": charge["id"]}
    store.set_timer(store.now() + HOLD_SECONDS, "hold_expires", intent["id"])
    emit(store, "payment_intent.amount_capturable_updated", store.put(intent))


def capture(store: Store, values: dict[str, Any], intent_id: str) -> Object:
    """POST /v1/payment_intents/{id}/capture, the whole or a part; the rest is released."""
    intent = intents.find(store, "payment_intent", intent_id, {})
    if intent["status"] != "requires_capture":
        message = f"This PaymentIntent could not be captured because it has a status of {intent['status']}."
        raise wrong_state("payment_intent", message, intent)
    amount = integer(values, "amount_to_capture", default=intent["amount_capturable"], at_least=1)
    if amount > intent["amount_capturable"]:
        message = f"Amount to capture ({amount}) is greater than the capturable amount."
        raise invalid(message, "amount_to_capture", "amount_too_large")
    charges.capture(store, charges.find(store, intent["latest_charge"]), amount)
    intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
    intent["metadata"] = metadata(values, intent["metadata"])
    emit(store, "payment_intent.succeeded", store.put(intent))
    return intent


def release(store: Store, intent: Object) -> None:
    """Give up the hold of an intent that is being canceled."""
    charge = charges.find(store, intent["latest_charge"])
    charge |= {"amount_refunded": charge["amount"], "refunded": True}
    intent["amount_capturable"] = 0
    emit(store, "charge.refunded", store.put(charge))


def expire(store: Store, intent_id: str) -> None:
    """Nobody captured it in time."""
    intent = intents.find(store, "payment_intent", intent_id, {})
    if intent["status"] != "requires_capture":
        return
    release(store, intent)
    intent |= {"status": "canceled", "canceled_at": store.now(), "cancellation_reason": "automatic"}
    emit(store, "payment_intent.canceled", store.put(intent))
