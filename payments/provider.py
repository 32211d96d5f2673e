"""The one interface to Stripe, real or stand-in: plain dicts come back, three kinds of failure go out.

No code branches on which of the two it is; base address, keys and the script's address are settings. The library's
80 s timeout outlives a web worker, so ours is shorter; retries are ours too, because each must keep its key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import requests
import stripe
from django.conf import settings

from payments.errors import CardRefused, ProviderAway, ProviderRefused

Object = dict[str, Any]
TIMEOUT_SECONDS = 20
EXPANDED = ["latest_charge.balance_transaction", "payment_method"]


@lru_cache(maxsize=8)
def _client(key: str, base: str) -> stripe.StripeClient:
    addresses: Any = {"api": base} if base else {}
    http = stripe.RequestsClient(timeout=TIMEOUT_SECONDS)
    return stripe.StripeClient(key, base_addresses=addresses, max_network_retries=0, http_client=http)


def client() -> stripe.StripeClient:
    """The configured client."""
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


def _call(operation: Callable[..., Any], *args: Any) -> Object:
    """The answer as a dict. Raises CardRefused, ProviderRefused, ProviderAway."""
    try:
        return dict(operation(*args).to_dict())
    except stripe.CardError as error:
        answer: Any = error.json_body or {}
        body: Object = answer.get("error", {})
        raise CardRefused(
            str(body.get("message") or error),
            code=str(body.get("code") or ""),
            decline_code=str(body.get("decline_code") or ""),
            advice=str(body.get("advice_code") or ""),
        ) from error
    except (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.AuthenticationError) as error:
        raise ProviderRefused(str(error)) from error
    except stripe.StripeError as error:
        raise ProviderAway(type(error).__name__) from error


def _key(key: str) -> Any:
    return {"idempotency_key": key}


def create_customer(*, email: str, user_id: int) -> Object:
    """A customer of a backer; one for each account."""
    values: Any = {"email": email, "metadata": {"user": str(user_id)}}
    return _call(client().v1.customers.create, values, _key(f"{settings.MODE}:customer:{user_id}"))


def create_setup_intent(*, customer: str, pledge_id: object) -> Object:
    """An intent to save a card for a later charge."""
    values: Any = {
        "customer": customer, "usage": "off_session", "payment_method_types": ["card"],
        "metadata": {"pledge": str(pledge_id)},
    }  # fmt: skip
    return _call(client().v1.setup_intents.create, values, _key(f"{settings.MODE}:setup:{pledge_id}"))


def create_payment_intent(*, customer: str, pledge_id: object, amount: int, currency: str, project_id: int) -> Object:
    """The pledge's one intent to charge, unconfirmed."""
    values: Any = {
        "amount": amount, "currency": currency.lower(), "customer": customer, "payment_method_types": ["card"],
        "transfer_group": f"project_{project_id}", "metadata": {"pledge": str(pledge_id)},
    }  # fmt: skip
    return _call(client().v1.payment_intents.create, values, _key(f"{settings.MODE}:intent:{pledge_id}"))


def confirm_off_session(*, intent: str, method: str, key: str) -> Object:
    """Charge a saved card without its holder."""
    values: Any = {"payment_method": method, "off_session": True, "expand": EXPANDED}
    return _call(client().v1.payment_intents.confirm, intent, values, _key(key))


def retrieve_payment_intent(intent: str) -> Object:
    """The intent with its charge and balance transaction."""
    values: Any = {"expand": EXPANDED}
    return _call(client().v1.payment_intents.retrieve, intent, values)


def retrieve_setup_intent(intent: str) -> Object:
    """The intent with its card."""
    values: Any = {"expand": ["payment_method"]}
    return _call(client().v1.setup_intents.retrieve, intent, values)


def cancel_payment_intent(intent: str, key: str) -> Object:
    """The intent can never charge any more."""
    return _call(client().v1.payment_intents.cancel, intent, {}, _key(key))


def detach_card(method: str, key: str) -> Object:
    """The card can never be charged any more."""
    return _call(client().v1.payment_methods.detach, method, {}, _key(key))


def refund(*, intent: str, key: str) -> Object:
    """The whole charge back to its card."""
    values: Any = {"payment_intent": intent}
    return _call(client().v1.refunds.create, values, _key(key))


def retrieve_balance_transaction(transaction: str) -> Object:
    """Amount, fee, net and whether it is available."""
    return _call(client().v1.balance_transactions.retrieve, transaction)


def balance_transactions() -> list[Object]:
    """Every balance transaction, newest first."""
    try:
        found = client().v1.balance_transactions.list({"limit": 100})
        return [dict(item.to_dict()) for item in found.auto_paging_iter()]
    except stripe.StripeError as error:
        raise ProviderAway(type(error).__name__) from error


def create_recipient(*, email: str, name: str, user_id: int) -> Object:
    """A payout recipient (Accounts v2)."""
    values: Any = {
        "contact_email": email, "display_name": name,
        "configuration": {"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}},
    }  # fmt: skip
    return _call(client().v2.core.accounts.create, values, _key(f"{settings.MODE}:recipient:{user_id}"))


def onboarding_link(*, account: str, return_url: str) -> str:
    """The provider's page where a creator says who they are."""
    onboarding = {"configurations": ["recipient"], "refresh_url": return_url, "return_url": return_url}
    values: Any = {"account": account, "use_case": {"type": "account_onboarding", "account_onboarding": onboarding}}
    return str(_call(client().v2.core.account_links.create, values)["url"])


def can_receive_transfers(account: str) -> bool:
    """Whether the recipient's capability is active."""
    values: Any = {"include": ["configuration.recipient"]}
    found: Mapping[str, Any] = _call(client().v2.core.accounts.retrieve, account, values)
    try:
        status = found["configuration"]["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"]["status"]
    except (KeyError, TypeError):
        return False
    return bool(status == "active")


def follow_clock(offset_seconds: int) -> None:
    """Tell the stand-in how far business time is ahead. The real provider keeps its own time. Raises ProviderAway."""
    if not (settings.CLOCK_CONTROL and settings.STRIPE_API_BASE):
        return
    headers = {"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}"}
    try:
        requests.post(
            f"{settings.STRIPE_API_BASE}/standin/control",
            json={"clock_offset": offset_seconds},
            headers=headers,
            timeout=TIMEOUT_SECONDS,
        ).raise_for_status()
    except requests.RequestException as error:
        raise ProviderAway(type(error).__name__) from error


def read_event(payload: bytes, header: str) -> Object:
    """A signed event. Raises ProviderRefused for a wrong or stale signature and for what is no event."""
    try:
        event: Any = client().construct_event(payload, header, settings.STRIPE_WEBHOOK_SECRET)
    except (stripe.SignatureVerificationError, ValueError) as error:
        raise ProviderRefused("The signature does not match, or is too old.") from error
    return dict(event.to_dict())
