"""Comparing the ledger with the provider's balance transactions, both ways. Reported, never silently fixed.

The provider's list is mirrored (from a little before the last look, or whole), then compared in three statements.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max

from payments import provider
from payments.models import BalanceRecord, ReconciliationDifference
from payments.services.balance_records import remember_listed

OVERLAP = timedelta(days=3)
MISSING, UNKNOWN, DIFFERENT = "not in the ledger", "not at the provider", "other figures"
COMPARE = """
SELECT b.transaction_id, %(missing)s,
       b.kind || ' of ' || b.amount_minor || ' ' || b.currency || ', fee ' || b.fee_minor
FROM payments_balancerecord b
WHERE b.seen_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM payments_ledgertransaction t WHERE t.provider_id = b.transaction_id AND t.provider_id <> '')
UNION ALL
SELECT t.provider_id, %(unknown)s, t.kind || ' of project ' || t.project_id
FROM payments_ledgertransaction t LEFT JOIN payments_balancerecord b ON b.transaction_id = t.provider_id
WHERE t.provider_id <> '' AND (b.id IS NULL OR b.seen_at IS NULL) AND t.recorded_at <= %(listed_until)s
UNION ALL
SELECT t.provider_id, %(different)s, 'ledger ' || t.provider_amount_minor || ' ' || t.provider_currency || ', fee '
    || t.provider_fee_minor || '; provider ' || b.amount_minor || ' ' || b.currency || ', fee ' || b.fee_minor
FROM payments_ledgertransaction t JOIN payments_balancerecord b ON b.transaction_id = t.provider_id
WHERE t.provider_id <> '' AND (t.provider_amount_minor, t.provider_fee_minor, t.provider_currency)
    IS DISTINCT FROM (b.amount_minor, b.fee_minor, b.currency)
LIMIT 10000
"""


def reconcile(*, now: datetime, listed_at: datetime, whole: bool = False) -> list[ReconciliationDifference]:
    """Mirror the provider's list and compare by id, amount, fee and currency; differences that are gone are closed.

    `now` is business time, `listed_at` when this run began: what was booked later cannot be listed yet.
    Raises ProviderAway, ProviderRefused.
    """
    last = None if whole else BalanceRecord.objects.aggregate(n=Max("seen_at"))["n"]
    remember_listed(provider.balance_transactions(since=last - OVERLAP if last else None), now=listed_at)
    return compare(now=now)


@transaction.atomic
def compare(*, now: datetime) -> list[ReconciliationDifference]:
    """The comparison alone, on what is mirrored."""
    with connection.cursor() as cursor:
        kinds = {"missing": MISSING, "unknown": UNKNOWN, "different": DIFFERENT}
        cursor.execute(COMPARE, {"listed_until": now - timedelta(minutes=5), **kinds})
        found = {(reference, kind): detail for reference, kind, detail in cursor.fetchall()}
    open_ = {(d.reference, d.kind): d for d in ReconciliationDifference.objects.filter(gone_at=None)}
    gone = [row.pk for key, row in open_.items() if key not in found]
    ReconciliationDifference.objects.filter(pk__in=gone).update(gone_at=now)
    fresh = [
        ReconciliationDifference(reference=reference, kind=kind, detail=detail[:300], found_at=now)
        for (reference, kind), detail in found.items()
        if (reference, kind) not in open_
    ]
    ReconciliationDifference.objects.bulk_create(fresh, ignore_conflicts=True)
    return list(ReconciliationDifference.objects.filter(gone_at=None))
