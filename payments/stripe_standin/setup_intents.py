"""SetupIntents: save a card for a later charge, asking the bank first when the card wants it."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin import customers, intents, payment_methods
from payments.stripe_standin.errors import invalid, wrong_state
from payments.stripe_standin.events import emit
from payments.stripe_standin.forms import boolean, metadata, require, text
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store, new_id

CREATE = {
    "customer", "payment_method", "payment_method_types", "automatic_payment_methods", "usage", "metadata",
    "description", "confirm", "return_url", "expand",
}  # fmt: skip
CONFIRM = {"payment_method", "return_url", "client_secret", "use_stripe_sdk", "expand"}

CANCELLATION_REASONS = {"abandoned", "duplicate", "requested_by_customer"}


def create(store: Store, values: dict[str, Any]) -> Object:
    """POST /v1/setup_intents."""
    customer, usage = text(values, "customer"), text(values, "usage") or "off_session"
    if usage not in {"off_session", "on_session"}:
        raise invalid("Invalid usage: must be one of off_session or on_session", "usage")
    if customer:
        customers.find(store, customer)
    intent_id = new_id("seti")
    intent: Object = {
        "id": intent_id, "object": "setup_intent", "application": None,
        "automatic_payment_methods": intents.automatic(values), "cancellation_reason": None,
        "client_secret": intents.client_secret(intent_id), "created": store.now(), "customer": customer,
        "description": text(values, "description"), "flow_directions": None, "last_setup_error": None,
        "latest_attempt": None, "livemode": False, "mandate": None, "metadata": metadata(values),
        "next_action": None, "on_behalf_of": None, "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"mandate_options": None, "network": None,
                                            "request_three_d_secure": "automatic"}},
        "payment_method_types": intents.method_types(values), "single_use_mandate": None,
        "status": "requires_payment_method", "usage": usage,
    }  # fmt: skip
    if method := text(values, "payment_method"):
        intent |= {"payment_method": payment_methods.find(store, method)["id"], "status": "requires_confirmation"}
    emit(store, "setup_intent.created", store.put(intent))
    return confirm(store, values, intent_id) if boolean(values, "confirm") else intent


def retrieve(store: Store, values: dict[str, Any], intent_id: str) -> Object:
    """GET /v1/setup_intents/{id}."""
    return intents.find(store, "setup_intent", intent_id, values)


def confirm(store: Store, values: dict[str, Any], intent_id: str) -> Object:
    """POST /v1/setup_intents/{id}/confirm. A refused card raises ApiError 402 and is not attached."""
    intent = retrieve(store, {"client_secret": values.get("client_secret")}, intent_id)
    if intent["status"] not in {"requires_payment_method", "requires_confirmation", "requires_action"}:
        message = f"This SetupIntent's status is {intent['status']}, so it cannot be confirmed."
        raise wrong_state("setup_intent", message, intent)
    method = payment_methods.chargeable(
        store, text(values, "payment_method") or intent["payment_method"] or require(values, "payment_method"),
        intent["customer"],
    )  # fmt: skip
    intent |= {"payment_method": method["id"], "next_action": None, "last_setup_error": None}
    behavior = payment_methods.behavior(method)
    if behavior.setup:
        raise fail(store, intent, intents.refusal_error(behavior.setup, method))
    if behavior.asks_at_setup:
        intents.ask_the_holder(store, intent, values)
        emit(store, "setup_intent.requires_action", store.put(intent))
        return intent
    return succeed(store, intent)


def succeed(store: Store, intent: Object) -> Object:
    """The card is saved: attached to the customer and known as set up."""
    method = payment_methods.find(store, intent["payment_method"])
    intent |= {"status": "succeeded", "next_action": None, "last_setup_error": None, "mandate": None}
    store.set_fact(f"set_up:{method['id']}", value=True)
    if intent["customer"]:
        payment_methods.attach_to(store, method, intent["customer"])
    emit(store, "setup_intent.succeeded", store.put(intent))
    return intent


def fail(store: Store, intent: Object, error: Object) -> Exception:
    """Back to requires_payment_method with the reason; returns the 402 to raise."""
    intent |= {
        "status": "requires_payment_method", "payment_method": None, "next_action": None, "last_setup_error": error,
    }  # fmt: skip
    emit(store, "setup_intent.setup_failed", store.put(intent))
    return intents.refused("setup_intent", error, intent)


def authenticate(store: Store, intent: Object, passed: bool) -> None:
    """The answer of the bank's page."""
    if passed:
        succeed(store, intent)
    else:
        fail(store, intent, intents.authentication_failed("setup_intent"))


def cancel(store: Store, values: dict[str, Any], intent_id: str) -> Object:
    """POST /v1/setup_intents/{id}/cancel."""
    intent = retrieve(store, {}, intent_id)
    if intent["status"] in {"succeeded", "canceled"}:
        message = f"You cannot cancel this SetupIntent because it has a status of {intent['status']}."
        raise wrong_state("setup_intent", message, intent)
    reason = intents.cancellation_reason(values, CANCELLATION_REASONS)
    intent |= {"status": "canceled", "next_action": None, "cancellation_reason": reason}
    emit(store, "setup_intent.canceled", store.put(intent))
    return intent


list_all = Listing("setup_intent", ("customer", "payment_method"))
