"""Charges, and the balance transactions that carry their fees."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin.bookings import PENDING_SECONDS, book
from payments.stripe_standin.cards import MESSAGES, Behavior, behavior_of
from payments.stripe_standin.errors import missing
from payments.stripe_standin.events import emit
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store, new_id

FEE_PER_MILLE, FEE_FIXED = 15, 25
ZERO_DECIMAL = frozenset({"jpy", "krw", "vnd", "clp"})


def fee_for(amount: int, currency: str) -> int:
    """1.5 % and 25 cents (36 per mille without a fixed part in currencies that have no cents), rounded half up."""
    if currency in ZERO_DECIMAL:
        return (amount * 36 + 500) // 1000
    return (amount * FEE_PER_MILLE + 500) // 1000 + FEE_FIXED


def outcome(refusal: tuple[str, str] | None) -> Object:
    """What the card network said."""
    if refusal is None:
        return {
            "advice_code": None, "network_advice_code": None, "network_decline_code": None,
            "network_status": "approved_by_network", "reason": None, "risk_level": "normal", "risk_score": 12,
            "seller_message": "Payment complete.", "type": "authorized",
        }  # fmt: skip
    return {
        "advice_code": None, "network_advice_code": None, "network_decline_code": None,
        "network_status": "declined_by_network", "reason": refusal[1], "risk_level": "normal", "risk_score": 12,
        "seller_message": "The bank did not approve the payment.", "type": "issuer_declined",
    }  # fmt: skip


def card_details(method: Object, amount: int) -> Object:
    """The card as a charge shows it."""
    card = method["card"]
    names = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    return {
        "card": {
            **{name: card[name] for name in names}, "amount_authorized": amount, "authorization_code": None,
            "installments": None, "mandate": None, "network": card["brand"], "network_token": None,
            "network_transaction_id": None, "regulated_status": "unregulated", "three_d_secure": None, "wallet": None,
        },
        "type": "card",
    }  # fmt: skip


def create(store: Store, intent: Object, method: Object, refusal: tuple[str, str] | None) -> Object:
    """Charge the card for a PaymentIntent: succeeded with its balance transaction, or failed with the refusal."""
    succeeded, amount = refusal is None, intent["amount"]
    taken = succeeded and intent["capture_method"] != "manual"
    charge: Object = {
        "id": new_id("ch"), "object": "charge", "amount": amount, "amount_captured": amount if taken else 0,
        "amount_refunded": 0, "application": None, "application_fee": None, "application_fee_amount": None,
        "balance_transaction": None, "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "COMMONWEAVE", "captured": taken, "created": store.now(),
        "currency": intent["currency"], "customer": intent["customer"], "description": intent["description"],
        "disputed": False, "failure_balance_transaction": None, "failure_code": refusal[0] if refusal else None,
        "failure_message": MESSAGES.get(refusal[1]) if refusal else None, "fraud_details": {}, "livemode": False,
        "metadata": intent["metadata"], "on_behalf_of": None, "outcome": outcome(refusal), "paid": succeeded,
        "payment_intent": intent["id"], "payment_method": method["id"],
        "payment_method_details": card_details(method, amount), "radar_options": {}, "receipt_email": None,
        "receipt_number": None, "receipt_url": None, "refunded": False, "review": None, "shipping": None,
        "source_transfer": None, "statement_descriptor": None, "statement_descriptor_suffix": None,
        "status": "succeeded" if succeeded else "failed", "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }  # fmt: skip
    if taken:
        book_now_or_later(store, charge)
    store.put(charge)
    emit(store, f"charge.{charge['status']}", charge)
    return charge


def book_charge(store: Store, charge: Object) -> None:
    """What was taken, less the fee, pending for two days unless the card skips that."""
    amount, currency = charge["amount_captured"], charge["currency"]
    waits = 0 if behavior_of_charge(charge).bypasses_pending else PENDING_SECONDS
    booked = book(
        store, amount, fee_for(amount, currency), currency, kind="charge", source=charge["id"],
        available_on=store.now() + waits,
    )  # fmt: skip
    charge["balance_transaction"] = booked["id"]


def book_now_or_later(store: Store, charge: Object) -> None:
    """With asynchronous capture, Stripe's default, the balance transaction may come after the answer."""
    if waits := int(store.fact("booking_seconds") or 0):
        store.set_timer(store.now() + waits, "charge_booked", charge["id"])
    else:
        book_charge(store, charge)


def booked_later(store: Store, charge_id: str) -> None:
    """The balance transaction of a charge has come."""
    charge = find(store, charge_id)
    if charge["balance_transaction"] is None:
        book_charge(store, charge)
        emit(store, "charge.updated", store.put(charge))


def capture(store: Store, charge: Object, amount: int) -> None:
    """Take `amount` of what was held; the rest is released."""
    charge |= {"captured": True, "amount_captured": amount, "amount_refunded": charge["amount"] - amount}
    book_now_or_later(store, charge)
    emit(store, "charge.captured", store.put(charge))


def behavior_of_charge(charge: Object) -> Behavior:
    """What the charge's card does."""
    return behavior_of(charge["payment_method_details"]["card"]["last4"])


list_all = Listing("charge", ("payment_intent", "customer", "transfer_group"))


def find(store: Store, charge_id: str) -> Object:
    """The charge. Raises ApiError 404."""
    found = store.get(charge_id)
    if found is None or found["object"] != "charge":
        raise missing("charge", charge_id)
    return found


def retrieve(store: Store, values: dict[str, Any], charge_id: str) -> Object:
    """GET /v1/charges/{id}."""
    return find(store, charge_id)
