"""What moved between a backer's card and the platform, from the ledger: charges, refunds, what a bank took back.

A movement's amount is what the ledger holds for the project, the tip and the platform's loss because of it, so that a
statement is the ledger's own figures and nothing computed beside them. Positive: paid. Negative: went back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from payments.models import LedgerEntry, LedgerTransaction
from values.money import Money

Account, Kind = LedgerEntry.Account, LedgerTransaction.Kind
BACKERS_KINDS = (Kind.CHARGE, Kind.REFUND, Kind.REFUND_FAILURE, Kind.DISPUTE_LOST)
# Always in the currency that the card was charged in, whatever the provider settles in.
CARD_SIDE = (Account.PROJECT_HELD, Account.PLATFORM_TIPS, Account.DISPUTE_LOSS)
WORDS = {
    Kind.CHARGE: "Charged",
    Kind.REFUND: "Refunded",
    Kind.REFUND_FAILURE: _("Refund sent back by the bank"),
    Kind.DISPUTE_LOST: _("Taken back by your bank"),
}
FIRST_YEAR, LAST_YEAR = 2000, 9998


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a statement. `tip` is the part of `amount` that is the platform's."""

    at: datetime
    kind: str
    project: str
    pledge_id: UUID | None
    amount: Money
    tip: Money

    @property
    def words(self) -> str:
        """What happened, as its backer reads it."""
        return str(WORDS[Kind(self.kind)])

    @classmethod
    def of(cls, row: LedgerTransaction) -> Movement:
        """From a transaction whose entries and project are loaded."""
        own = [entry for entry in row.entries.all() if entry.account in CARD_SIDE]
        currency = own[0].currency
        tip = sum(entry.credit - entry.debit for entry in own if entry.account == Account.PLATFORM_TIPS)
        amount = sum(entry.credit - entry.debit for entry in own)
        return cls(
            row.recorded_at, row.kind, row.project.title, row.pledge_id, Money(amount, currency), Money(tip, currency)
        )


@dataclass(slots=True)
class Sums:
    """Of one currency: everything positive except `kept`, which is what stayed paid."""

    currency: str
    charged_minor: int = 0
    refunded_minor: int = 0
    lost_minor: int = 0
    tips_minor: int = 0

    def add(self, kind: str, minor: int) -> None:
        """Count a movement of `minor` units."""
        if kind == Kind.CHARGE:
            self.charged_minor += minor
        elif kind == Kind.DISPUTE_LOST:
            self.lost_minor -= minor
        else:
            self.refunded_minor -= minor

    @property
    def charged(self) -> Money:
        """What cards were charged."""
        return Money(self.charged_minor, self.currency)

    @property
    def refunded(self) -> Money:
        """What went back, less what banks sent back."""
        return Money(self.refunded_minor, self.currency)

    @property
    def lost(self) -> Money:
        """What the card's bank took back."""
        return Money(self.lost_minor, self.currency)

    @property
    def tips(self) -> Money:
        """The platform's part of what stayed paid."""
        return Money(self.tips_minor, self.currency)

    @property
    def kept(self) -> Money:
        """What stayed paid."""
        return Money(self.charged_minor - self.refunded_minor - self.lost_minor, self.currency)


@dataclass(frozen=True, slots=True)
class YearSums:
    """A year in one currency."""

    year: int
    sums: Sums


def _of_backer(user: User) -> QuerySet[LedgerTransaction]:
    return LedgerTransaction.objects.filter(pledge__backer=user, kind__in=BACKERS_KINDS)


def year_rows(user: User, year: int) -> QuerySet[LedgerTransaction]:
    """The year's transactions in UTC, oldest first, with what `Movement.of` needs."""
    begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    rows = _of_backer(user).filter(recorded_at__gte=begin, recorded_at__lt=end)
    return rows.select_related("project").prefetch_related("entries").order_by("recorded_at", "pk")


def movements_of(user: User, year: int) -> Iterator[Movement]:
    """The year, a chunk at a time."""
    return (Movement.of(row) for row in year_rows(user, year).iterator(chunk_size=500))


def sums_of(movements: Iterable[Movement]) -> list[Sums]:
    """By currency, in its order; currencies are never mixed."""
    found: dict[str, Sums] = {}
    for movement in movements:
        currency = movement.amount.currency
        sums = found.setdefault(currency, Sums(currency))
        sums.add(movement.kind, movement.amount.minor)
        sums.tips_minor += movement.tip.minor
    return [found[currency] for currency in sorted(found)]


def sums_by_year(user: User) -> list[YearSums]:
    """Every year and currency in one query, newest year first."""
    entries = LedgerEntry.objects.filter(transaction__in=_of_backer(user), account__in=CARD_SIDE)
    rows = entries.values(
        "currency", "account", kind=F("transaction__kind"), year=ExtractYear("transaction__recorded_at")
    )
    found: dict[tuple[int, str], Sums] = {}
    for row in rows.annotate(n=Sum(F("credit") - F("debit"))).order_by():
        sums = found.setdefault((row["year"], row["currency"]), Sums(row["currency"]))
        sums.add(row["kind"], row["n"])
        sums.tips_minor += row["n"] if row["account"] == Account.PLATFORM_TIPS else 0
    return [
        YearSums(year, found[year, currency]) for year, currency in sorted(found, key=lambda key: (-key[0], key[1]))
    ]
