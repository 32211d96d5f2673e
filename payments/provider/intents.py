"""Customers, cards and intents."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.conf import settings

from payments.provider.calls import Object, call, client, key

EXPANDED = ["latest_charge.balance_transaction", "payment_method"]


def create_customer(*, email: str, user_id: int) -> Object:
    """A customer of a backer; one for each account and address, which may change after an answer was lost."""
    values: Any = {"email": email, "metadata": {"user": str(user_id)}}
    address = sha256(email.encode()).hexdigest()[:16]
    return call(client().v1.customers.create, values, key(f"{settings.MODE}:customer:{user_id}:{address}"))


def delete_customer(customer: str) -> Object:
    """The customer and their cards are gone at the provider; what was charged stays. Raises ProviderRefused."""
    return call(client().v1.customers.delete, customer)


def create_setup_intent(*, customer: str, pledge_id: object) -> Object:
    """An intent to save a card for a later charge."""
    values: Any = {
        "customer": customer, "usage": "off_session", "payment_method_types": ["card"],
        "metadata": {"pledge": str(pledge_id)},
    }  # fmt: skip
    return call(client().v1.setup_intents.create, values, key(f"{settings.MODE}:setup:{pledge_id}"))


def create_payment_intent(
    *, customer: str, pledge_id: object, amount: int, currency: str, project_id: int, saves_card: bool = False
) -> Object:
    """The pledge's one intent to charge, unconfirmed. `saves_card` keeps the card for later months."""
    values: Any = {
        "amount": amount, "currency": currency.lower(), "customer": customer, "payment_method_types": ["card"],
        "transfer_group": f"project_{project_id}", "metadata": {"pledge": str(pledge_id)},
    }  # fmt: skip
    if saves_card:
        values["setup_future_usage"] = "off_session"
    return call(client().v1.payment_intents.create, values, key(f"{settings.MODE}:intent:{pledge_id}"))


def confirm_off_session(*, intent: str, method: str, idempotency: str) -> Object:
    """Charge a saved card without its holder."""
    values: Any = {"payment_method": method, "off_session": True, "expand": EXPANDED}
    return call(client().v1.payment_intents.confirm, intent, values, key(idempotency))


def retrieve_payment_intent(intent: str) -> Object:
    """The intent with its charge and balance transaction."""
    values: Any = {"expand": EXPANDED}
    return call(client().v1.payment_intents.retrieve, intent, values)


def retrieve_setup_intent(intent: str) -> Object:
    """The intent with its card."""
    values: Any = {"expand": ["payment_method"]}
    return call(client().v1.setup_intents.retrieve, intent, values)


def cancel_payment_intent(intent: str, idempotency: str) -> Object:
    """The intent can never charge any more."""
    return call(client().v1.payment_intents.cancel, intent, {}, key(idempotency))


def detach_card(method: str, idempotency: str) -> Object:
    """The card can never be charged any more."""
    return call(client().v1.payment_methods.detach, method, {}, key(idempotency))
