"""Disputes: the amount and a fee leave the balance at once; evidence, closing or the due date decide."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin import charges
from payments.stripe_standin.bookings import DAY, book
from payments.stripe_standin.errors import invalid, missing
from payments.stripe_standin.events import emit
from payments.stripe_standin.evidence import EVIDENCE, read_evidence, verdict
from payments.stripe_standin.forms import boolean, metadata
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store, new_id

UPDATE = {"evidence", "submit", "metadata", "expand"}
# What a dispute costs, in minor units by currency.
FEES = {"eur": 2000, "usd": 1500, "gbp": 2000, "jpy": 1300}
DUE_SECONDS = 7 * DAY
REASONS = {
    "bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated", "debit_not_authorized",
    "duplicate", "fraudulent", "general", "incorrect_account_details", "insufficient_funds", "product_not_received",
    "product_unacceptable", "subscription_canceled", "unrecognized",
}  # fmt: skip
OPEN = {"needs_response", "under_review"}

list_all = Listing("dispute", ("charge", "payment_intent"))


def open_dispute(store: Store, charge_id: str, reason: str, amount: int | None = None) -> Object:
    """The holder disputes what is not refunded of a charge, or `amount`. Raises ApiError 400 or 404."""
    charge = charges.find(store, charge_id)
    disputed = charge["amount"] - charge["amount_refunded"] if amount is None else amount
    if reason not in REASONS:
        raise invalid(f"Invalid reason: {reason}", "reason")
    if charge["disputed"] or not charge["captured"] or not 0 < disputed <= charge["amount"]:
        raise invalid(f"Charge {charge_id} cannot be disputed for {disputed}.", "charge")
    dispute = blank(store, charge, reason, disputed)
    fee = FEES[charge["currency"]]
    booked = book(store, -disputed, fee, charge["currency"], kind="adjustment", source=dispute["id"])
    dispute["balance_transactions"] = [booked]
    store.set_timer(dispute["evidence_details"]["due_by"], "dispute_due", dispute["id"])
    charge["disputed"] = True
    store.put(charge)
    emit(store, "charge.dispute.created", store.put(dispute))
    emit(store, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def blank(store: Store, charge: Object, reason: str, amount: int) -> Object:
    """A new dispute before its booking."""
    brand = charge["payment_method_details"]["card"]["brand"]
    return {
        "id": new_id("du"), "object": "dispute", "amount": amount, "balance_transactions": [],
        "charge": charge["id"], "created": store.now(), "currency": charge["currency"],
        "enhanced_eligibility_types": [], "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {"due_by": store.now() + DUE_SECONDS, "enhanced_eligibility": {},
                             "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False, "livemode": False, "metadata": {},
        "payment_intent": charge["payment_intent"], "payment_method_details": {
            "card": {"brand": brand, "case_type": "chargeback", "network_reason_code": "10"}, "type": "card"},
        "reason": reason, "status": "needs_response",
    }  # fmt: skip


def find(store: Store, dispute_id: str) -> Object:
    """The dispute. Raises ApiError 404."""
    found = store.get(dispute_id)
    if found is None or found["object"] != "dispute":
        raise missing("dispute", dispute_id)
    return found


def retrieve(store: Store, values: dict[str, Any], dispute_id: str) -> Object:
    """GET /v1/disputes/{id}."""
    return find(store, dispute_id)


def blocks_refund(store: Store, charge: Object) -> bool:
    """Whether the charge has a dispute that is open or lost."""
    return any(item["status"] != "won" for item in store.newest("dispute", charge=charge["id"]))


def must_be(dispute: Object, states: set[str]) -> None:
    """Raises ApiError 400 when the dispute is in none of the states."""
    if dispute["status"] not in states:
        message = f"This dispute has a status of {dispute['status']}; it cannot be changed in this way."
        raise invalid(message, code="dispute_unexpected_state")


def update(store: Store, values: dict[str, Any], dispute_id: str) -> Object:
    """POST /v1/disputes/{id}: keep evidence and, unless `submit` is false, send it to the bank."""
    dispute = find(store, dispute_id)
    dispute["metadata"] = metadata(values, dispute["metadata"])
    if "evidence" in values or "submit" in values:
        must_be(dispute, {"needs_response"})
        dispute["evidence"] |= read_evidence(values.get("evidence") or {}, dispute["evidence"])
        details = dispute["evidence_details"]
        details["has_evidence"] = any(dispute["evidence"][name] for name in EVIDENCE)
        if boolean(values, "submit", default=True):
            submit(store, dispute)
    emit(store, "charge.dispute.updated", store.put(dispute))
    return dispute


def submit(store: Store, dispute: Object) -> None:
    """The bank looks at it; a verdict that the evidence asks for comes with the next request."""
    dispute["status"] = "under_review"
    dispute["evidence_details"]["submission_count"] += 1
    if decided := verdict(dispute["evidence"]):
        store.set_timer(store.now(), f"dispute_{decided}", dispute["id"])


def close(store: Store, values: dict[str, Any], dispute_id: str) -> Object:
    """POST /v1/disputes/{id}/close: accept the loss."""
    dispute = find(store, dispute_id)
    must_be(dispute, {"needs_response"})
    return lose(store, dispute_id)


def lose(store: Store, dispute_id: str) -> Object:
    """Nothing comes back."""
    dispute = find(store, dispute_id)
    must_be(dispute, OPEN)
    dispute["status"] = "lost"
    emit(store, "charge.dispute.closed", store.put(dispute))
    return dispute


def win(store: Store, dispute_id: str) -> Object:
    """Amount and fee come back."""
    dispute = find(store, dispute_id)
    must_be(dispute, OPEN)
    currency = dispute["currency"]
    booked = book(store, dispute["amount"], -FEES[currency], currency, kind="adjustment", source=dispute_id)
    dispute |= {"status": "won", "balance_transactions": [*dispute["balance_transactions"], booked]}
    emit(store, "charge.dispute.funds_reinstated", store.put(dispute))
    emit(store, "charge.dispute.closed", dispute)
    return dispute


def decide(store: Store, dispute_id: str, *, won: bool) -> None:
    """A verdict that was waiting; a dispute that was closed meanwhile keeps its end."""
    if find(store, dispute_id)["status"] in OPEN:
        (win if won else lose)(store, dispute_id)


def pass_due(store: Store, dispute_id: str) -> None:
    """Without an answer by the due date the dispute is lost."""
    dispute = find(store, dispute_id)
    if dispute["status"] == "needs_response":
        dispute["evidence_details"]["past_due"] = True
        store.put(dispute)
        lose(store, dispute_id)
