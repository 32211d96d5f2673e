"""The evidence of a dispute: its fields, its limits, and the words that decide in test mode."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin.errors import invalid, not_here
from payments.stripe_standin.forms import text
from payments.stripe_standin.store import Object

FILES = (
    "cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation",
    "receipt", "refund_policy", "service_documentation", "shipping_documentation", "uncategorized_file",
)  # fmt: skip
TEXTS = (
    "access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "refund_policy_disclosure", "refund_refusal_explanation",
    "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number",
    "uncategorized_text",
)  # fmt: skip
EVIDENCE = FILES + TEXTS
MAX_CHARACTERS = 150_000
# Stripe's documented words for test mode, in `uncategorized_text`.
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}


def read_evidence(given: Any, current: Object) -> Object:
    """The given fields; an empty one is cleared. Raises ApiError 400 for other fields, files and too much text."""
    if not isinstance(given, dict):
        raise invalid("Invalid object", "evidence")
    if "enhanced_evidence" in given:
        raise not_here("evidence[enhanced_evidence]")
    if unknown := set(given) - set(EVIDENCE):
        name = f"evidence[{min(unknown)}]"
        raise invalid(f"Received unknown parameter: {name}", name, "parameter_unknown")
    for name in FILES:
        if given.get(name):
            raise not_here(f"evidence[{name}]")
    read = {name: text(given, name) for name in given}
    if sum(len(value) for value in {**current, **read}.values() if isinstance(value, str)) > MAX_CHARACTERS:
        raise invalid(f"The combined character count of all evidence is over {MAX_CHARACTERS}.", "evidence")
    return read


def verdict(evidence: Object) -> str:
    """`won`, `lost`, or empty when the bank has to think."""
    return VERDICTS.get(str(evidence["uncategorized_text"]), "")
