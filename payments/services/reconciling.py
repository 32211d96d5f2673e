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
    found = {**_missing_or_different(), **_orphans()}
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


def _missing_or_different() -> dict[tuple[str, str], str]:
    remote = _remote()
    known = set(LedgerTransaction.objects.filter(reference__in=remote).values_list("reference", flat=True))
    found = {
        (reference, "not in the ledger"): f"{row['amount']} {row['currency']}, fee {row['fee']}"
        for reference, row in remote.items()
        if reference not in known
    }
    gross = LedgerEntry.objects.filter(
        transaction__reference__in=known, account=LedgerEntry.Account.PROJECT_HELD
    ).values_list("transaction__reference", "debit", "credit")
    for reference, debit, credit in gross:
        if credit - debit != remote[reference]["amount"]:
            detail = f"ledger {credit - debit}, provider {remote[reference]['amount']}"
            found[reference, "another amount"] = detail
    return found


def _orphans() -> dict[tuple[str, str], str]:
    remote = _remote()
    ours = LedgerTransaction.objects.filter(kind__in=KINDS.values()).exclude(reference__in=remote)
    return {(row.reference, "not at the provider"): f"recorded {row.recorded_at:%Y-%m-%d}" for row in ours}
