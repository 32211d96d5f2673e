"""Balance transactions: what each movement of money is called, and when it can be spent."""

from __future__ import annotations

from payments.stripe_standin.store import Object, Store, new_id

DAY = 86_400
PENDING_SECONDS = 2 * DAY
# Type of the transaction -> reporting category, as Stripe's reports name them.
CATEGORIES = {
    "adjustment": "dispute",
    "charge": "charge",
    "payout": "payout",
    "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
}


def fee_details(fee: int, currency: str) -> list[Object]:
    """The one line that explains the fee, or none."""
    if not fee:
        return []
    return [
        {"amount": fee, "application": None, "currency": currency, "description": "Stripe processing fees",
         "type": "stripe_fee"}
    ]  # fmt: skip


def book(
    store: Store, amount: int, fee: int, currency: str, *, kind: str, source: str, available_on: int | None = None
) -> Object:
    """One balance transaction in minor units, spendable at once or from `available_on`."""
    now = store.now()
    ready = now if available_on is None else available_on
    category = "dispute_reversal" if kind == "adjustment" and amount > 0 else CATEGORIES[kind]
    transaction: Object = {
        "id": new_id("txn"), "object": "balance_transaction", "amount": amount, "available_on": ready,
        "balance_type": "payments", "created": now, "currency": currency, "description": None,
        "exchange_rate": None, "fee": fee, "fee_details": fee_details(fee, currency), "net": amount - fee,
        "reporting_category": category, "source": source, "status": "pending" if ready > now else "available",
        "type": kind,
    }  # fmt: skip
    store.add_money(currency, ready, amount - fee)
    return store.put(transaction)


def available(store: Store, currency: str) -> int:
    """What can be spent now, in minor units."""
    return next((int(ready) for name, ready, _ in store.money() if name == currency), 0)
