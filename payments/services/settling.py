"""Collected money becoming available: decided on the mirrored balance transactions, booked in few statements."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from payments.models import BalanceRecord, CashPledge, LedgerTransaction
from payments.services import postings
from payments.services.ledger import Posting, Statement, post_many

BATCH = 1000


def settle_available(*, now: datetime) -> int:
    """Book what became available until now. Returns how many pledges settled."""
    settled = 0
    while moved := _settle_some(now):
        settled += moved
    return settled


@transaction.atomic
def _settle_some(now: datetime) -> int:
    rows = CashPledge.objects.select_for_update(skip_locked=True, of=("self",))
    waiting = rows.filter(collected_at__isnull=False, settled_at=None)
    charges = LedgerTransaction.objects.filter(
        kind=LedgerTransaction.Kind.CHARGE,
        pledge__in=waiting.values("pk"),
        provider_id__in=BalanceRecord.objects.filter(available_at__lte=now).values("transaction_id"),
    )
    due = {charge.pledge_id: charge for charge in charges.order_by("pk")[:BATCH] if charge.pledge_id}
    locked = list(waiting.filter(pk__in=due).values_list("pk", flat=True))
    post_many((_posting(due[pk]) for pk in locked), now=now)
    return CashPledge.objects.filter(pk__in=locked).update(settled_at=now)


def _posting(charge: LedgerTransaction) -> Posting:
    assert charge.provider_amount_minor is not None
    assert charge.provider_fee_minor is not None
    statement = Statement(
        charge.provider_id, charge.provider_currency, charge.provider_amount_minor, charge.provider_fee_minor
    )
    return postings.settlement(project_id=charge.project_id, pledge_id=charge.pledge_id, statement=statement)
