"""The verdict: our rows and ledger beside the provider's objects, both ways, to the minor unit.

A difference is a sentence; the figures are zero when there is none. Nothing is repaired here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Sum
from django.utils import timezone

from bench.drill import comparing
from bench.drill.provider_side import ProviderSide, read_provider
from bench.drill.unsettled import unsettled
from payments.models import CashPledge, LedgerEntry
from payments.services.auditing import audit
from payments.services.ledger import Account
from payments.services.reconciling import reconcile

AT_PROVIDER = (Account.PROVIDER_PENDING, Account.PROVIDER_AVAILABLE)
SHOWN = 20


@dataclass(slots=True)
class Verdict:
    """`differences` are sentences; `open` is what is unsettled by kind."""

    pledges: int
    collected: int
    dropped: int
    refunded: int
    double_charges: int
    lost_cents: int
    ledger: dict[str, int]
    open: dict[str, int]
    differences: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether every difference is zero."""
        figures = (self.double_charges, self.lost_cents, *self.ledger.values(), *self.open.values())
        return not any(figures) and not self.differences

    def line(self, **more: Any) -> dict[str, Any]:
        """The one JSON line."""
        return {
            "pledges": self.pledges, "collected": self.collected, "dropped": self.dropped, "refunded": self.refunded,
            "double_charges": self.double_charges, "lost_cents": self.lost_cents,
            "ledger_difference_minor": self.ledger, "unsettled": sum(self.open.values()), "unsettled_kinds": self.open,
            "difference_count": len(self.differences), "differences": self.differences[:SHOWN], **more,
        }  # fmt: skip


def judge(*, now: datetime, expected: Iterable[str] = ()) -> Verdict:
    """Compare everything. `expected` are ids of pledges that backers were told of. Raises ProviderAway."""
    theirs = read_provider()
    pledges = {str(pledge.pk): pledge for pledge in CashPledge.objects.all()}
    gone = [f"pledge {pk}: a backer was told of it, and it is not here" for pk in expected if pk not in pledges]
    doubles = double_charges(theirs)
    lost, books = comparing.movements(theirs)
    differences = [
        *gone, *books, *comparing.charges(theirs, pledges), *comparing.refunds(theirs), *comparing.transfers(theirs),
        *comparing.disputes(theirs), *_reconciled(now), *_audited(),
    ]  # fmt: skip
    states = Counter(pledge.state for pledge in pledges.values())
    return Verdict(
        pledges=len(pledges), collected=sum(states[state] for state in CashPledge.CHARGED),
        dropped=states[CashPledge.State.DROPPED],
        refunded=sum(1 for pledge in pledges.values() if pledge.refunded_minor), double_charges=doubles,
        lost_cents=lost, ledger=ledger_difference(theirs), open=unsettled(now), differences=differences,
    )  # fmt: skip


def double_charges(theirs: ProviderSide) -> int:
    """Successful charges beyond the first of a pledge, whichever PaymentIntent they hang on."""
    found: dict[str, int] = defaultdict(int)
    for charge in theirs.charges.values():
        if charge["paid"]:
            found[theirs.pledge_of(charge) or charge["id"]] += 1
    return sum(number - 1 for number in found.values())


def ledger_difference(theirs: ProviderSide) -> dict[str, int]:
    """By currency: what the ledger says the provider holds for us, less what the provider says."""
    rows = LedgerEntry.objects.filter(account__in=AT_PROVIDER).values("currency")
    ours = {row["currency"]: row["n"] for row in rows.annotate(n=Sum(F("debit") - F("credit")))}
    return {code: ours.get(code, 0) - theirs.balance[code] for code in sorted(ours.keys() | theirs.balance.keys())}


def _reconciled(now: datetime) -> list[str]:
    found = reconcile(now=now, listed_at=timezone.now(), whole=True)
    return [f"reconciliation {row.reference}: {row.kind}, {row.detail}" for row in found]


def _audited() -> list[str]:
    return [
        f"audit {finding.invariant.name}, {finding.breaches} breaches: {subject}: {detail}"
        for finding in audit()
        if not finding.holds
        for subject, detail in finding.samples[:3]
    ]
