"""Payouts of the platform's available balance to its bank account: paid after a day, or failed."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin import bookings
from payments.stripe_standin.errors import invalid, missing
from payments.stripe_standin.events import emit
from payments.stripe_standin.forms import integer, metadata, require, text
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store, new_id

CREATE = {"amount", "currency", "description", "metadata", "method", "statement_descriptor", "expand"}
UPDATE = {"metadata", "expand"}
ARRIVES_AFTER = bookings.DAY
BANK_ACCOUNT = "ba_standin"
FAILURES = {
    "account_closed": "The bank account has been closed.",
    "account_frozen": "The bank account has been frozen.",
    "could_not_process": "The bank could not process this transfer.",
    "invalid_account_number": "The routing number seems correct, but the account number is invalid.",
    "no_account": "The bank account could not be located.",
}

list_all = Listing("payout", ("status", "destination"))


def create(store: Store, values: dict[str, Any]) -> Object:
    """POST /v1/payouts. Refused with `balance_insufficient` when the available balance is too small."""
    amount, currency = integer(values, "amount", at_least=1), require(values, "currency").lower()
    if (method := text(values, "method") or "standard") not in {"standard", "instant"}:
        raise invalid("Invalid method: must be one of standard or instant", "method")
    if amount > bookings.available(store, currency):
        message = "You have insufficient funds in your Stripe account for this payout."
        raise invalid(message, "amount", "balance_insufficient")
    arrival = store.now() + ARRIVES_AFTER
    payout: Object = {
        "id": new_id("po"), "object": "payout", "amount": amount, "application_fee": None,
        "application_fee_amount": None, "arrival_date": arrival, "automatic": False, "balance_transaction": None,
        "created": store.now(), "currency": currency, "description": text(values, "description"),
        "destination": BANK_ACCOUNT, "failure_balance_transaction": None, "failure_code": None,
        "failure_message": None, "livemode": False, "metadata": metadata(values), "method": method,
        "original_payout": None, "payout_method": None, "reconciliation_status": "not_applicable",
        "reversed_by": None, "source_type": "card", "statement_descriptor": text(values, "statement_descriptor"),
        "status": "pending", "trace_id": None, "type": "bank_account",
    }  # fmt: skip
    booked = bookings.book(store, -amount, 0, currency, kind="payout", source=payout["id"])
    payout["balance_transaction"] = booked["id"]
    store.set_timer(arrival, "payout_arrives", payout["id"])
    emit(store, "payout.created", store.put(payout))
    return payout


def find(store: Store, payout_id: str) -> Object:
    """The payout. Raises ApiError 404."""
    found = store.get(payout_id)
    if found is None or found["object"] != "payout":
        raise missing("payout", payout_id)
    return found


def retrieve(store: Store, values: dict[str, Any], payout_id: str) -> Object:
    """GET /v1/payouts/{id}."""
    return find(store, payout_id)


def update(store: Store, values: dict[str, Any], payout_id: str) -> Object:
    """POST /v1/payouts/{id}."""
    payout = find(store, payout_id)
    payout["metadata"] = metadata(values, payout["metadata"])
    emit(store, "payout.updated", store.put(payout))
    return payout


def arrive(store: Store, payout_id: str) -> None:
    """The bank has it."""
    payout = find(store, payout_id)
    if payout["status"] == "pending":
        payout["status"] = "paid"
        emit(store, "payout.paid", store.put(payout))


def give_back(store: Store, payout: Object, kind: str, status: str) -> Object:
    """The money is on the balance again."""
    booked = bookings.book(store, payout["amount"], 0, payout["currency"], kind=kind, source=payout["id"])
    payout |= {"status": status, "failure_balance_transaction": booked["id"]}
    emit(store, f"payout.{status}", store.put(payout))
    return payout


def cancel(store: Store, values: dict[str, Any], payout_id: str) -> Object:
    """POST /v1/payouts/{id}/cancel, while it is pending."""
    payout = find(store, payout_id)
    if payout["status"] != "pending":
        raise invalid(f"Payouts can only be canceled while pending; this one is {payout['status']}.")
    return give_back(store, payout, "payout_cancel", "canceled")


def fail(store: Store, payout_id: str, code: str = "account_closed") -> Object:
    """The bank refused it, also after it was shown as paid. Raises ApiError 400 or 404."""
    payout = find(store, payout_id)
    if payout["status"] not in {"pending", "paid"} or code not in FAILURES:
        raise invalid(f"Payout {payout_id} cannot fail with {code}.", "payout")
    payout |= {"failure_code": code, "failure_message": FAILURES[code]}
    return give_back(store, payout, "payout_failure", "failed")
