"""PaymentIntents: charge a card at most once, asking the bank first when the card wants it."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin import captures, charges, customers, disputes, intents, payment_methods
from payments.stripe_standin.cards import Behavior
from payments.stripe_standin.errors import invalid, wrong_state
from payments.stripe_standin.events import emit
from payments.stripe_standin.forms import boolean, integer, metadata, require, text
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store, new_id

CREATE = {
    "amount", "currency", "customer", "payment_method", "payment_method_types", "automatic_payment_methods", "confirm",
    "off_session", "return_url", "metadata", "description", "transfer_group", "setup_future_usage", "capture_method",
    "receipt_email", "expand",
}  # fmt: skip
CONFIRM = {"payment_method", "off_session", "return_url", "client_secret", "use_stripe_sdk", "expand"}
UPDATE = {"amount", "metadata", "description", "payment_method", "transfer_group", "receipt_email", "expand"}
ALWAYS_CHANGEABLE = {"metadata", "description", "receipt_email", "expand"}
CAPTURE_METHODS = {"automatic", "automatic_async", "manual"}
CURRENCIES = {"eur", "usd", "gbp", "jpy"}
MINIMUM, MAXIMUM = 50, 99_999_999
CANCELLATION_REASONS = {"duplicate", "fraudulent", "requested_by_customer", "abandoned"}
FINAL = {"succeeded", "canceled", "requires_capture"}
CONFIRMABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}


def read_amount(values: dict[str, Any], currency: str) -> int:
    """The amount in minor units. Raises ApiError 400 outside Stripe's limits."""
    amount = integer(values, "amount", at_least=1)
    if amount < MINIMUM and not (currency == "gbp" and amount >= 30):
        raise invalid("Amount must convert to at least 50 cents.", "amount", "amount_too_small")
    if amount > MAXIMUM:
        raise invalid(f"Amount must be no more than {MAXIMUM}.", "amount", "amount_too_large")
    return amount


def create(store: Store, values: dict[str, Any]) -> Object:
    """POST /v1/payment_intents."""
    currency = require(values, "currency").lower()
    if currency not in CURRENCIES:
        raise invalid(f"Invalid currency: {currency}.", "currency")
    customer, amount = text(values, "customer"), read_amount(values, currency)
    if customer:
        customers.find(store, customer)
    intent = blank(store, amount, currency, customer, values)
    if method := text(values, "payment_method"):
        found = payment_methods.chargeable(store, method, customer)
        intent |= {"payment_method": found["id"], "status": "requires_confirmation"}
    emit(store, "payment_intent.created", store.put(intent))
    wants_confirmation = boolean(values, "confirm")
    if "off_session" in values and not wants_confirmation:
        raise invalid("The parameter off_session cannot be passed unless confirm is set to true.", "off_session")
    return confirm(store, values, intent["id"]) if wants_confirmation else intent


def blank(store: Store, amount: int, currency: str, customer: str | None, values: dict[str, Any]) -> Object:
    """A new intent without a payment method."""
    intent_id = new_id("pi")
    return {
        "id": intent_id, "object": "payment_intent", "amount": amount, "amount_capturable": 0,
        "amount_details": {"tip": {}}, "amount_received": 0, "application": None, "application_fee_amount": None,
        "automatic_payment_methods": intents.automatic(values), "canceled_at": None, "cancellation_reason": None,
        "capture_method": capture_method(values), "client_secret": intents.client_secret(intent_id),
        "confirmation_method": "automatic", "created": store.now(), "currency": currency, "customer": customer,
        "description": text(values, "description"), "last_payment_error": None, "latest_charge": None,
        "livemode": False, "metadata": metadata(values), "next_action": None, "on_behalf_of": None,
        "payment_method": None, "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"installments": None, "mandate_options": None, "network": None,
                                            "request_three_d_secure": "automatic"}},
        "payment_method_types": intents.method_types(values), "processing": None,
        "receipt_email": text(values, "receipt_email"), "review": None,
        "setup_future_usage": text(values, "setup_future_usage"), "shipping": None,
        "statement_descriptor": None, "statement_descriptor_suffix": None, "status": "requires_payment_method",
        "transfer_data": None, "transfer_group": text(values, "transfer_group"),
    }  # fmt: skip


def capture_method(values: dict[str, Any]) -> str:
    """When the money is taken. Raises ApiError 400."""
    method = text(values, "capture_method") or "automatic_async"
    if method not in CAPTURE_METHODS:
        raise invalid(f"Invalid capture_method: must be one of {', '.join(sorted(CAPTURE_METHODS))}", "capture_method")
    return method


def retrieve(store: Store, values: dict[str, Any], intent_id: str) -> Object:
    """GET /v1/payment_intents/{id}."""
    return intents.find(store, "payment_intent", intent_id, values)


def update(store: Store, values: dict[str, Any], intent_id: str) -> Object:
    """POST /v1/payment_intents/{id}."""
    intent = retrieve(store, {}, intent_id)
    if intent["status"] in FINAL and set(values) - ALWAYS_CHANGEABLE:
        message = f"This PaymentIntent's status is {intent['status']}, so these fields cannot be updated."
        raise wrong_state("payment_intent", message, intent)
    if "amount" in values:
        intent["amount"] = read_amount(values, intent["currency"])
    if method := text(values, "payment_method"):
        intent["payment_method"] = payment_methods.chargeable(store, method, intent["customer"])["id"]
    for name in ("description", "transfer_group", "receipt_email"):
        if name in values:
            intent[name] = text(values, name)
    intent["metadata"] = metadata(values, intent["metadata"])
    return store.put(intent)


def confirm(store: Store, values: dict[str, Any], intent_id: str) -> Object:
    """POST /v1/payment_intents/{id}/confirm. A refused card raises ApiError 402; the intent can be confirmed again."""
    intent = retrieve(store, {"client_secret": values.get("client_secret")}, intent_id)
    if intent["status"] not in CONFIRMABLE:
        message = f"This PaymentIntent's status is {intent['status']}, so it cannot be confirmed."
        raise wrong_state("payment_intent", message, intent)
    method = payment_methods.chargeable(
        store, text(values, "payment_method") or intent["payment_method"] or require(values, "payment_method"),
        intent["customer"],
    )  # fmt: skip
    intent |= {"payment_method": method["id"], "next_action": None, "last_payment_error": None}
    behavior, off_session = payment_methods.behavior(method), boolean(values, "off_session")
    asks = behavior.asks_off_session or (behavior.asks_at_setup and not store.fact(f"set_up:{method['id']}"))
    if asks and off_session:
        raise fail(store, intent, method, ("authentication_required", "authentication_required"))
    if asks:
        intents.ask_the_holder(store, intent, values)
        emit(store, "payment_intent.requires_action", store.put(intent))
        return intent
    return charge(store, intent, method, behavior)


def charge(store: Store, intent: Object, method: Object, behavior: Behavior) -> Object:
    """Take the money, once; a refusal raises ApiError 402."""
    if behavior.charge:
        raise fail(store, intent, method, behavior.charge)
    taken = charges.create(store, intent, method, None)
    intent |= {"next_action": None, "last_payment_error": None}
    if intent["setup_future_usage"] and intent["customer"]:
        store.set_fact(f"set_up:{method['id']}", value=True)
        payment_methods.attach_to(store, method, intent["customer"])
    if not taken["captured"]:
        captures.hold(store, intent, taken)
        return intent
    intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": taken["id"]}
    emit(store, "payment_intent.succeeded", store.put(intent))
    if behavior.disputed:
        disputes.open_dispute(store, taken["id"], behavior.disputed)
    return intent


def fail(store: Store, intent: Object, method: Object, refusal: tuple[str, str]) -> Exception:
    """Back to requires_payment_method: the intent drops its method. Returns the 402 to raise."""
    refused_charge = charges.create(store, intent, method, refusal)
    error = intents.refusal_error(refusal, method, refused_charge["id"])
    intent |= {"status": "requires_payment_method", "payment_method": None, "last_payment_error": error}
    intent |= {"latest_charge": refused_charge["id"], "next_action": None}
    emit(store, "payment_intent.payment_failed", store.put(intent))
    return intents.refused("payment_intent", error, intent)


def authenticate(store: Store, intent: Object, passed: bool) -> None:
    """The answer of the bank's page. A refusal after it raises ApiError 402."""
    method = payment_methods.find(store, intent["payment_method"])
    if passed:
        charge(store, intent, method, payment_methods.behavior(method))
        return
    error = intents.authentication_failed("payment_intent")
    intent |= {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    intent["last_payment_error"] = {**error, "payment_method": method}
    emit(store, "payment_intent.payment_failed", store.put(intent))


def cancel(store: Store, values: dict[str, Any], intent_id: str) -> Object:
    """POST /v1/payment_intents/{id}/cancel."""
    intent = retrieve(store, {}, intent_id)
    if intent["status"] in {"succeeded", "canceled"}:
        message = f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
        raise wrong_state("payment_intent", message, intent)
    reason = intents.cancellation_reason(values, CANCELLATION_REASONS)
    if intent["status"] == "requires_capture":
        captures.release(store, intent)
    intent |= {"status": "canceled", "next_action": None, "canceled_at": store.now(), "cancellation_reason": reason}
    emit(store, "payment_intent.canceled", store.put(intent))
    return intent


list_all = Listing("payment_intent", ("customer",))
