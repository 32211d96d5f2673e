"""Figures counted the slow way, from the rows themselves."""

from django.db.models import F, Sum

from payments.models import CashPledge, LedgerEntry


def state_sum(at, states):
    """Minor units of pledges that were in one of `states` at a moment."""
    found = 0
    for pledge in CashPledge.objects.all():
        last = pledge.transitions.filter(happened_at__lte=at).last()
        if last and last.target in states:
            found += last.amount_after
    return found


def ledger_sum(at, account, kind):
    """Debits less credits."""
    rows = LedgerEntry.objects.filter(account=account, transaction__kind=kind, transaction__recorded_at__lte=at)
    return rows.aggregate(n=Sum(F("debit") - F("credit")))["n"] or 0
