"""What SetupIntents and PaymentIntents share: secrets, the bank's question, the way a browser finds them."""

from __future__ import annotations

import hmac
from typing import Any

from payments.stripe_standin.cards import ADVICE, MESSAGES
from payments.stripe_standin.errors import ApiError, invalid, missing
from payments.stripe_standin.forms import text
from payments.stripe_standin.store import Object, Store, new_id


def client_secret(intent_id: str) -> str:
    """The secret that lets a browser confirm this one intent."""
    return f"{intent_id}_secret_{new_id('x')[2:]}"


def find(store: Store, kind: str, intent_id: str, values: dict[str, Any]) -> Object:
    """The intent; a given client secret must be its own. Raises ApiError 404."""
    found = store.get(intent_id)
    given = text(values, "client_secret")
    if found is None or found["object"] != kind:
        raise missing(kind, intent_id)
    if given is not None and not hmac.compare_digest(given, found["client_secret"]):
        raise missing(kind, intent_id)
    return found


def ask_the_holder(store: Store, intent: Object, values: dict[str, Any]) -> None:
    """Put the intent into requires_action, with the address of the bank's page."""
    url = f"{store.fact('base_url')}/standin/authenticate/{intent['id']}?client_secret={intent['client_secret']}"
    intent["status"] = "requires_action"
    if return_url := text(values, "return_url"):
        intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": return_url}}
    else:
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "stripe_3ds2", "url": url}}


def refusal_error(refusal: tuple[str, str], method: Object, charge_id: str | None = None) -> Object:
    """The `error` object of a refused card."""
    code, decline = refusal
    error: Object = {
        "type": "card_error", "code": code, "decline_code": decline, "message": MESSAGES[decline],
        "doc_url": f"https://docs.stripe.com/error-codes/{code.replace('_', '-')}",
        "advice_code": ADVICE.get(decline, "try_again_later"), "payment_method": method,
    }  # fmt: skip
    if charge_id:
        error["charge"] = charge_id
    return error


def authentication_failed(kind: str) -> Object:
    """The `error` object after the holder failed or left the bank's page."""
    return {
        "type": "invalid_request_error", "code": f"{kind}_authentication_failure",
        "message": "We are unable to authenticate your payment method. Please choose a different payment method "
        "and try again.",
        "doc_url": f"https://docs.stripe.com/error-codes/{kind}-authentication-failure".replace("_", "-"),
    }  # fmt: skip


def refused(kind: str, error: Object, intent: Object) -> ApiError:
    """A 402 that carries the intent, as Stripe answers a declined confirmation."""
    failure = ApiError(402, error["message"], error["type"])
    failure.body = {"error": {**error, kind: intent}}
    return failure


def method_types(values: dict[str, Any]) -> list[str]:
    """The payment method types of a new intent: cards only. Raises ApiError 400 for others."""
    types = values.get("payment_method_types", ["card"])
    if types != ["card"]:
        raise invalid("The stand-in takes cards only.", "payment_method_types")
    return ["card"]


def automatic(values: dict[str, Any]) -> Object | None:
    """`automatic_payment_methods` as it was asked for."""
    asked = values.get("automatic_payment_methods")
    if asked is None:
        return None
    return {"enabled": str(asked.get("enabled")) == "true", "allow_redirects": asked.get("allow_redirects", "always")}


def cancellation_reason(values: dict[str, Any], allowed: set[str]) -> str | None:
    """Why an intent is canceled. Raises ApiError 400."""
    reason = text(values, "cancellation_reason")
    if reason is not None and reason not in allowed:
        raise invalid(
            f"Invalid cancellation_reason: must be one of {', '.join(sorted(allowed))}", "cancellation_reason"
        )
    return reason
