"""Comparing the ledger with the provider's balance transactions, both ways. Reported, never silently fixed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from payments import provider
from payments.models import LedgerEntry, LedgerTransaction, ReconciliationDifference
from payments.provider import Object

KINDS = {"charge": "charge", "refund": "refund"}


def reconcile(*, now: datetime) -> list[ReconciliationDifference]:
    """Compare by id, amount and fee; differences that are gone are closed. Raises ProviderAway."""
    remote = _remote()
    found = {**_missing_or_different(remote), **_orphans(remote)}
    with transaction.atomic():
        open_ = {(d.reference, d.kind): d for d in ReconciliationDifference.objects.filter(gone_at=None)}
        for key in set(open_) - set(found):
            ReconciliationDifference.objects.filter(pk=open_[key].pk).update(gone_at=now)
        ReconciliationDifference.objects.bulk_create(
            [
                ReconciliationDifference(reference=reference, kind=kind, detail=found[reference, kind], found_at=now)
                for reference, kind in found
                if (reference, kind) not in open_
            ],
            ignore_conflicts=True,
        )
    return list(ReconciliationDifference.objects.filter(gone_at=None))


def _remote() -> dict[str, Object]:
    rows = provider.balance_transactions()
    return {f"{KINDS[row['type']]}:{row['id']}": row for row in rows if row["type"] in KINDS}


def _different(remote: dict[str, Object], account: str, column: str) -> dict[tuple[str, str], str]:
    entries = LedgerEntry.objects.filter(transaction__reference__in=remote, account=account)
    sign = 1 if column == "fee" else -1
    booked = {
        reference: sign * (debit - credit)
        for reference, debit, credit in entries.values_list("transaction__reference", "debit", "credit")
    }
    return {
        (reference, f"another {column}"): f"ledger {amount}, provider {remote[reference][column]}"
        for reference, amount in booked.items()
        if amount != remote[reference][column]
    }


def _missing_or_different(remote: dict[str, Object]) -> dict[tuple[str, str], str]:
    known = set(LedgerTransaction.objects.filter(reference__in=remote).values_list("reference", flat=True))
    found = {
        (reference, "not in the ledger"): f"{row['amount']} {row['currency']}, fee {row['fee']}"
        for reference, row in remote.items()
        if reference not in known
    }
    for account, column in ((LedgerEntry.Account.PROJECT_HELD, "amount"), (LedgerEntry.Account.PROVIDER_FEES, "fee")):
        found |= _different(remote, account, column)
    return found


def _orphans(remote: dict[str, Object]) -> dict[tuple[str, str], str]:
    ours = LedgerTransaction.objects.filter(kind__in=KINDS.values()).exclude(reference__in=remote)
    return {(row.reference, "not at the provider"): f"recorded {row.recorded_at:%Y-%m-%d}" for row in ours}
