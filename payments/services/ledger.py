"""Posting to the ledger: one function that writes, and what is read back.

A line is (account, currency, amount): debits are positive, credits negative. Amounts and fees of what the provider did
come from its balance transactions, never from what was asked of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum

from payments.errors import UnbalancedEntries
from payments.models import LedgerDay, LedgerEntry, LedgerTransaction
from payments.provider import Object

Account = LedgerEntry.Account
Kind = LedgerTransaction.Kind
Line = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Statement:
    """A balance transaction as the provider states it: `amount` less `fee` is what its balance gained."""

    id: str
    currency: str
    amount: int
    fee: int

    @property
    def net(self) -> int:
        """What the balance gained, or lost where negative."""
        return self.amount - self.fee

    @classmethod
    def of(cls, balance: Object) -> Statement:
        """From the provider's object."""
        return cls(balance["id"], str(balance["currency"]).upper(), int(balance["amount"]), int(balance["fee"]))


@dataclass(frozen=True, slots=True)
class Posting:
    """A transaction to be written. `reference` is unique: posting it again changes nothing."""

    kind: str
    reference: str
    project_id: int
    lines: tuple[Line, ...]
    pledge_id: UUID | None = None
    statement: Statement | None = None

    def check(self) -> None:
        """Raises UnbalancedEntries before the database would."""
        sums: Counter[str] = Counter()
        for _, currency, amount in self.lines:
            sums[currency] += amount
        if any(sums.values()):
            raise UnbalancedEntries(f"{self.reference}: {dict(sums)}")

    def row(self, now: datetime) -> LedgerTransaction:
        """The transaction's row, unsaved."""
        facts = {}
        if self.statement:
            facts = {
                "provider_id": self.statement.id,
                "provider_currency": self.statement.currency,
                "provider_amount_minor": self.statement.amount,
                "provider_fee_minor": self.statement.fee,
            }
        return LedgerTransaction(
            kind=self.kind, reference=self.reference, project_id=self.project_id, pledge_id=self.pledge_id,
            recorded_at=now, **facts,
        )  # fmt: skip

    def entries(self, made: LedgerTransaction) -> list[LedgerEntry]:
        """Its entries, unsaved, in an order that is the same for everyone who locks the day's sums."""
        return [
            LedgerEntry(
                transaction=made, account=account, currency=currency, debit=max(amount, 0), credit=max(-amount, 0)
            )
            for account, currency, amount in sorted(self.lines)
            if amount
        ]


def post(posting: Posting, *, now: datetime) -> bool:
    """Post once: a known reference returns False. Raises UnbalancedEntries."""
    return post_many([posting], now=now) == 1


@transaction.atomic
def post_many(postings: Iterable[Posting], *, now: datetime) -> int:
    """Post those that are not there yet, in three statements. Returns how many. Raises UnbalancedEntries."""
    wanted = {posting.reference: posting for posting in postings}
    for posting in wanted.values():
        posting.check()
    rows = [posting.row(now) for posting in wanted.values()]
    # A reference that another transaction is writing is waited for, then left alone.
    LedgerTransaction.objects.bulk_create(rows, ignore_conflicts=True)
    fresh = LedgerTransaction.objects.filter(reference__in=wanted, entries=None)
    made = {row.reference: row for row in fresh}
    LedgerEntry.objects.bulk_create([entry for ref, row in made.items() for entry in wanted[ref].entries(row)])
    return len(made)


def balances(*, project_id: int | None = None) -> dict[tuple[str, str], int]:
    """Debits less credits by (account, currency), of one project or of all, from the daily sums."""
    rows = LedgerDay.objects.all() if project_id is None else LedgerDay.objects.filter(project_id=project_id)
    sums = rows.order_by().values("account", "currency").annotate(n=Sum(F("debit") - F("credit")))
    return {(row["account"], row["currency"]): row["n"] for row in sums if row["n"]}


def by_kind(*, project_id: int, account: str) -> dict[str, int]:
    """Debits less credits of one account of a project, by kind of movement, in the project's ledger currency."""
    rows = LedgerDay.objects.filter(project_id=project_id, account=account)
    return {row["kind"]: row["n"] for row in rows.order_by().values("kind").annotate(n=Sum(F("debit") - F("credit")))}
