"""Disputes: the amount and a fee leave the balance at once."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin import charges
from payments.stripe_standin.bookings import DAY, book
from payments.stripe_standin.errors import missing
from payments.stripe_standin.events import emit
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store, new_id

FEE = 2000
EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file",
    "uncategorized_text",
)  # fmt: skip


def open_dispute(store: Store, charge_id: str, reason: str) -> Object:
    """The holder disputes a charge."""
    charge = charges.find(store, charge_id)
    dispute: Object = {
        "id": new_id("du"), "object": "dispute", "amount": charge["amount"], "balance_transactions": [],
        "charge": charge_id, "created": store.now(), "currency": charge["currency"], "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {"due_by": store.now() + 7 * DAY, "enhanced_eligibility": {},
                             "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False, "livemode": False, "metadata": {},
        "payment_intent": charge["payment_intent"], "reason": reason, "status": "needs_response",
    }  # fmt: skip
    booked = book(store, -charge["amount"], FEE, charge["currency"], kind="adjustment", source=dispute["id"])
    dispute["balance_transactions"] = [booked]
    store.put(dispute, owner=charge_id)
    charge["disputed"] = True
    store.put(charge)
    emit(store, "charge.dispute.created", dispute)
    return dispute


def retrieve(store: Store, values: dict[str, Any], dispute_id: str) -> Object:
    """GET /v1/disputes/{id}."""
    found = store.get(dispute_id)
    if found is None or found["object"] != "dispute":
        raise missing("dispute", dispute_id)
    return found


list_all = Listing("dispute", ("charge", "payment_intent"))
