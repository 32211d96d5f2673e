"""Cards as PaymentMethods. A number is checked and forgotten; only its last four digits are kept."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from payments.stripe_standin import customers
from payments.stripe_standin.cards import CARDS, SHARED, Behavior, behavior_of, brand_of, passes_luhn
from payments.stripe_standin.errors import ApiError, invalid, missing
from payments.stripe_standin.events import emit
from payments.stripe_standin.forms import integer, metadata, require
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store, new_id

CREATE = {"type", "card", "billing_details", "metadata", "allow_redisplay", "expand"}
CARD_FIELDS = {"number", "exp_month", "exp_year", "cvc"}


def card_error(message: str, code: str, param: str) -> ApiError:
    """A 402 about what was typed into the card form."""
    return ApiError(402, message, "card_error", code=code, param=param)


def read_card(store: Store, card: dict[str, Any]) -> tuple[str, int, int]:
    """(number, month, year) of a valid card. Raises ApiError 402 with the sentence that the form shows."""
    if unknown := set(card) - CARD_FIELDS:
        raise invalid(f"Received unknown parameter: card[{min(unknown)}]", f"card[{min(unknown)}]", "parameter_unknown")
    number = re.sub(r"[ -]", "", require(card, "number"))
    if not re.fullmatch(r"\d{13,19}", number) or not passes_luhn(number):
        raise card_error("Your card number is incorrect.", "incorrect_number", "number")
    if number not in CARDS:
        raise card_error("Use one of the test cards: the stand-in takes no real card.", "card_declined", "number")
    month, year = integer(card, "exp_month"), integer(card, "exp_year")
    year += 2000 if year < 100 else 0
    this_year, this_month = 1970 + store.now() // 31_556_952, 1 + store.now() % 31_556_952 // 2_629_746
    if not 1 <= month <= 12:
        raise card_error("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")
    if not this_year <= year <= this_year + 50 or (year == this_year and month < this_month):
        raise card_error("Your card's expiration year is invalid.", "invalid_expiry_year", "exp_year")
    if not re.fullmatch(r"\d{3,4}", str(card.get("cvc", "000"))):
        raise card_error("Your card's security code is invalid.", "invalid_cvc", "cvc")
    return number, month, year


def build(store: Store, number: str, month: int, year: int, values: dict[str, Any]) -> Object:
    """A PaymentMethod that keeps the last four digits."""
    fingerprint = hashlib.sha256(f"standin:{number[-4:]}".encode()).hexdigest()[:16]
    given = values.get("billing_details") or {}
    empty = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
    billing: Object = {"address": {**empty, **(given.get("address") or {})}, "tax_id": None}
    billing.update({name: given.get(name) or None for name in ("email", "name", "phone")})
    brand = brand_of(number)
    card = {
        "brand": brand, "checks": {"address_line1_check": None, "address_postal_code_check": None,
        "cvc_check": "pass"}, "country": "US", "display_brand": brand, "exp_month": month, "exp_year": year,
        "fingerprint": fingerprint, "funding": "credit", "generated_from": None, "last4": number[-4:],
        "networks": {"available": [brand], "preferred": None}, "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True}, "wallet": None,
    }  # fmt: skip
    return store.put(
        {
            "id": new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": billing,
            "card": card,
            "created": store.now(),
            "customer": None,
            "livemode": False,
            "metadata": metadata(values),
            "type": "card",
        }
    )


def create(store: Store, values: dict[str, Any]) -> Object:
    """POST /v1/payment_methods, also called by the card form with the publishable key."""
    if require(values, "type") != "card":
        raise invalid("The stand-in takes cards only.", "type")
    card = values.get("card")
    if not isinstance(card, dict):
        raise invalid("Missing required param: card.", "card", "parameter_missing")
    return build(store, *read_card(store, card), values)


def find(store: Store, method_id: str) -> Object:
    """The payment method; a shared one of test mode becomes a new one. Raises ApiError 404."""
    if method_id in SHARED:
        return build(store, SHARED[method_id], 12, 1970 + store.now() // 31_556_952 + 4, {})
    found = store.get(method_id)
    if found is None or found["object"] != "payment_method":
        raise missing("PaymentMethod", method_id)
    return found


def behavior(method: Object) -> Behavior:
    """What the method's card does."""
    return behavior_of(method["card"]["last4"])


def retrieve(store: Store, values: dict[str, Any], method_id: str) -> Object:
    """GET /v1/payment_methods/{id}."""
    return find(store, method_id)


def attach_to(store: Store, method: Object, customer_id: str) -> Object:
    """Attach without asking the card: set-up has done so."""
    if method["customer"] not in (None, customer_id):
        raise invalid("The payment method is attached to another customer.", "payment_method")
    method["customer"] = customer_id
    emit(store, "payment_method.attached", store.put(method))
    return method


def attach(store: Store, values: dict[str, Any], method_id: str) -> Object:
    """POST /v1/payment_methods/{id}/attach; a card refused at set-up is not attached."""
    method, customer = find(store, method_id), customers.find(store, require(values, "customer"))
    refusal = behavior(method).setup
    if refusal:
        raise ApiError(402, "Your card was declined.", "card_error", code=refusal[0], decline_code=refusal[1])
    return attach_to(store, method, customer["id"])


def detach(store: Store, values: dict[str, Any], method_id: str) -> Object:
    """POST /v1/payment_methods/{id}/detach: it can never be charged again."""
    method = find(store, method_id)
    if method["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    method["customer"] = None
    store.set_fact(f"detached:{method_id}", value=True)
    emit(store, "payment_method.detached", store.put(method))
    return method


def chargeable(store: Store, method_id: str, customer_id: str | None) -> Object:
    """A method that may be used now. Raises ApiError 400 for a detached one or another customer's."""
    method = find(store, method_id)
    if store.fact(f"detached:{method_id}"):
        raise invalid("The provided PaymentMethod was previously used and detached; it may not be used again.")
    if method["customer"] and method["customer"] != customer_id:
        raise invalid("The PaymentMethod does not belong to the customer of this intent.", "payment_method")
    return method


list_all = Listing("payment_method", ("customer", "type"), by_time=False)
list_of_customer = Listing("payment_method", ("type",), under="customer", by_time=False)


def list_for_customer(store: Store, values: dict[str, Any], customer_id: str) -> Object:
    """GET /v1/customers/{id}/payment_methods."""
    return list_of_customer(store, values, customers.find(store, customer_id)["id"])
