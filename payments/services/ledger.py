"""Posting to the ledger. Amounts and fees come from the provider's balance transactions, not from what was asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum

from payments.errors import UnbalancedEntries
from payments.models import CashPledge, LedgerEntry, LedgerTransaction

Account = LedgerEntry.Account
Kind = LedgerTransaction.Kind
Side = tuple[str, int]


@transaction.atomic
def post(
    *,
    kind: str,
    reference: str,
    pledge: CashPledge,
    currency: str,
    debits: list[Side],
    credits_: list[Side],
    now: datetime,
) -> bool:
    """Post once: a known reference returns False. Raises UnbalancedEntries before the database would."""
    if sum(amount for _, amount in debits) != sum(amount for _, amount in credits_):
        raise UnbalancedEntries(f"{reference}: {debits} against {credits_}")
    made, created = LedgerTransaction.objects.get_or_create(
        reference=reference,
        defaults={"kind": kind, "project_id": pledge.project_id, "pledge": pledge, "recorded_at": now},
    )
    if not created:
        return False
    entries = [LedgerEntry(transaction=made, account=a, currency=currency, debit=n) for a, n in debits if n]
    entries += [LedgerEntry(transaction=made, account=a, currency=currency, credit=n) for a, n in credits_ if n]
    LedgerEntry.objects.bulk_create(entries)
    return True


def post_charge(*, pledge: CashPledge, balance: dict[str, Any], now: datetime) -> bool:
    """A succeeded charge: gross is held for the project, net is pending at the provider, the fee is its."""
    return post(
        kind=Kind.CHARGE,
        reference=f"charge:{balance['id']}",
        pledge=pledge,
        currency=str(balance["currency"]).upper(),
        debits=[(Account.PROVIDER_PENDING, balance["net"]), (Account.PROVIDER_FEES, balance["fee"])],
        credits_=[(Account.PROJECT_HELD, balance["amount"])],
        now=now,
    )


def post_settlement(*, pledge: CashPledge, balance: dict[str, Any], now: datetime) -> bool:
    """The charge's net became available."""
    return post(
        kind=Kind.SETTLEMENT,
        reference=f"settlement:{balance['id']}",
        pledge=pledge,
        currency=str(balance["currency"]).upper(),
        debits=[(Account.PROVIDER_AVAILABLE, balance["net"])],
        credits_=[(Account.PROVIDER_PENDING, balance["net"])],
        now=now,
    )


def post_refund(*, pledge: CashPledge, balance: dict[str, Any], now: datetime) -> bool:
    """The gross went back; the provider keeps its fee."""
    gross = -int(balance["amount"])
    return post(
        kind=Kind.REFUND,
        reference=f"refund:{balance['id']}",
        pledge=pledge,
        currency=str(balance["currency"]).upper(),
        debits=[(Account.PROJECT_HELD, gross)],
        credits_=[(Account.PROVIDER_AVAILABLE, gross)],
        now=now,
    )


def balances(**scope: object) -> dict[tuple[str, str], int]:
    """Debits less credits by (account, currency) in `scope` (filters on entries)."""
    rows = LedgerEntry.objects.filter(**scope).values("account", "currency").annotate(d=Sum("debit"), c=Sum("credit"))
    return {(row["account"], row["currency"]): row["d"] - row["c"] for row in rows.order_by()}
