"""Balance transactions mirrored from the provider's answers and lists, so that comparing and settling are set-based."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from payments.models import BalanceRecord
from payments.provider import Object

FIELDS = ("kind", "source", "currency", "amount_minor", "fee_minor", "created_at", "available_at")


def _row(balance: Object, seen_at: datetime | None) -> BalanceRecord:
    source = balance.get("source")
    return BalanceRecord(
        transaction_id=balance["id"],
        kind=balance["type"],
        source=str(source["id"] if isinstance(source, dict) else source or ""),
        currency=str(balance["currency"]).upper(),
        amount_minor=balance["amount"],
        fee_minor=balance["fee"],
        created_at=datetime.fromtimestamp(balance["created"], UTC),
        available_at=datetime.fromtimestamp(balance["available_on"], UTC),
        seen_at=seen_at,
    )


def remember(balance: Object) -> None:
    """Keep one that came with an answer, as not yet seen in a list."""
    BalanceRecord.objects.bulk_create([_row(balance, None)], ignore_conflicts=True)


def remember_listed(balances: Iterable[Object], *, now: datetime) -> int:
    """Keep or refresh those of a list. Returns how many."""
    rows = {balance["id"]: _row(balance, now) for balance in balances}
    BalanceRecord.objects.bulk_create(
        rows.values(), batch_size=1000, update_conflicts=True, unique_fields=["transaction_id"],
        update_fields=[*FIELDS, "seen_at"],
    )  # fmt: skip
    return len(rows)
