"""The public ledger of a project: every movement of its money, and running totals from the daily sums.

In and out are what is held for the project. Tips belong to the platform and settling moves money inside the provider;
neither is shown. Names only where backers chose so; a dispute never names anyone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from payments.models import BalanceRecord, LedgerDay, LedgerEntry, LedgerTransaction, Payout
from payments.papers.amounts import Amount
from projects.models import Project
from values.money import Money
from values.texts import Text

Account, Kind = LedgerEntry.Account, LedgerTransaction.Kind
PAGE = 50
CHUNK = 1000
NAMED = (Kind.CHARGE, Kind.REFUND, Kind.REFUND_FAILURE)
WORDS = {
    Kind.CHARGE: _("Pledge charged"),
    Kind.REFUND: _("Refund"),
    Kind.REFUND_FAILURE: _("Refund sent back by a bank"),
    Kind.DISPUTE: _("Dispute opened"),
    Kind.DISPUTE_WON: _("Dispute won"),
    Kind.DISPUTE_LOST: _("Dispute lost"),
    Kind.RELEASE: _("Released to the creator"),
    Kind.TRANSFER: _("Paid to the creator"),
    Kind.WRITE_OFF: _("Loss borne by the platform"),
}
# What a movement did to accounts other than what is held: label, account, whether a debit counts as positive.
PARTS: tuple[tuple[Text, LedgerEntry.Account, bool], ...] = (
    (_("provider's fee"), Account.PROVIDER_FEES, True),
    (_("platform's fee"), Account.PLATFORM_FEES, False),
    (_("reserve"), Account.RESERVE, False),
    (_("to the creator"), Account.CREATOR_PAYABLE, False),
    (_("at a bank, undecided"), Account.DISPUTED, True),
    (_("borne by the platform"), Account.DISPUTE_LOSS, True),
)
PART_OF = {account.value: (label, is_debit) for label, account, is_debit in PARTS}
LABELS = ("date (UTC)", "what", "who", "currency", "in", "out", *(label for label, _, _ in PARTS))


Entry = tuple[str, str, int, int]
COLUMNS = (
    "transaction_id", "transaction__recorded_at", "transaction__kind", "transaction__reference",
    "transaction__pledge__is_anonymous", "transaction__pledge__backer_id", "transaction__pledge__backer__name",
    "account", "currency", "debit", "credit",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """A movement as it is read: plain columns, since a ledger has very many. Entries: account, currency, both sides."""

    at: datetime
    kind: str
    reference: str
    is_anonymous: bool | None
    backer_id: int | None
    backer_name: str | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A movement as everyone may see it. `change` is what it did to what is held, in the project's currency."""

    at: datetime
    what: Text
    who: str
    change: Money
    parts: tuple[tuple[Text, Amount], ...]

    @property
    def money_in(self) -> Money | None:
        """What came in."""
        return self.change if self.change.minor > 0 else None

    @property
    def money_out(self) -> Money | None:
        """What went out, positive."""
        return -self.change if self.change.minor < 0 else None


@dataclass(frozen=True, slots=True)
class Total:
    """A running total, in one sentence; fees of the provider may be in several currencies."""

    label: str
    amounts: tuple[Amount, ...]
    explains: str


class Tranches:
    """The project's payouts by their movements in the ledger, in two queries: a project has few."""

    def __init__(self, project: Project) -> None:
        payouts = list(Payout.objects.filter(project=project).exclude(released_at=None).select_related("milestone"))
        self.by_reference = {f"release:{payout.pk}": payout for payout in payouts}
        sent = {payout.provider_id: payout for payout in payouts if payout.provider_id}
        records = BalanceRecord.objects.filter(source__in=sent).values_list("transaction_id", "source")
        self.by_reference |= {f"transfer:{pk}": sent[source] for pk, source in records}

    def title_of(self, row: Record) -> str:
        """What the money was for; empty for what is no payout."""
        payout = self.by_reference.get(row.reference)
        if payout is None:
            return ""
        if payout.kind == Payout.Kind.RESERVE:
            return gettext("The reserve")
        return f"{payout.milestone.number}. {payout.milestone.title}" if payout.milestone else gettext("The whole")


def _shown(project: Project) -> QuerySet[LedgerTransaction]:
    return LedgerTransaction.objects.filter(project=project).exclude(kind=Kind.SETTLEMENT)


def _records(transactions: QuerySet[LedgerTransaction]) -> Iterator[Record]:
    """Newest first, in one query, a chunk in memory at a time."""
    rows = LedgerEntry.objects.filter(transaction__in=transactions).order_by("-transaction_id", "pk")
    for _number, group in groupby(rows.values_list(*COLUMNS).iterator(chunk_size=CHUNK), key=itemgetter(0)):
        entries = list(group)
        at, kind, reference, is_anonymous, backer_id, name = entries[0][1:7]
        own = tuple(entry[7:] for entry in entries)
        yield Record(at, kind, reference, is_anonymous, backer_id, name, own)


def _who(row: Record, tranches: Tranches) -> str:
    if row.backer_id is None:
        return tranches.title_of(row)
    if row.kind in NAMED and not row.is_anonymous:
        return row.backer_name or User(pk=row.backer_id).public_name
    return gettext("a backer")


def _parts(row: Record) -> Iterator[tuple[Text, Amount]]:
    # A release takes the provider's fees that it bears; a transfer and a paid reserve take what was kept.
    is_taken = row.kind in (Kind.RELEASE, Kind.TRANSFER)
    for name, currency, debit, credit in row.entries:
        if name in PART_OF:
            label, is_debit = PART_OF[name]
            net = debit - credit
            yield label, Amount(abs(net) if is_taken else net if is_debit else -net, currency)


def line_of(row: Record, *, currency: str, tranches: Tranches) -> Line:
    """A movement in public."""
    held = (Account.PROJECT_HELD.value, currency)
    change = sum(credit - debit for name, code, debit, credit in row.entries if (name, code) == held)
    what = WORDS[Kind(row.kind)]
    return Line(row.at, str(what), _who(row, tranches), Money(change, currency), tuple(_parts(row)))


def page_of(project: Project, before: int | None, most: int = 0) -> tuple[list[Line], int | None]:
    """Up to `most` (PAGE) movements older than the number `before`, newest first, and the number to go on from."""
    most = most or PAGE
    rows = _shown(project) if before is None else _shown(project).filter(pk__lt=before)
    numbers = list(rows.order_by("-pk").values_list("pk", flat=True)[: most + 1])
    found, tranches = _records(LedgerTransaction.objects.filter(pk__in=numbers[:most])), Tranches(project)
    lines = [line_of(row, currency=project.currency, tranches=tranches) for row in found]
    return lines, numbers[most - 1] if len(numbers) > most else None


def csv_rows(project: Project) -> Iterator[list[object]]:
    """Everything, newest first, in major units, a chunk in memory at a time."""
    tranches = Tranches(project)
    for row in _records(_shown(project)):
        line = line_of(row, currency=project.currency, tranches=tranches)
        yield from _csv_row(line, project.currency)


def _csv_row(line: Line, currency: str) -> Iterator[list[object]]:
    """A row; another one for each further currency in which fees were taken."""
    head: list[object] = [line.at.isoformat(timespec="seconds"), line.what, line.who]
    currencies = [currency, *sorted({amount.currency for _, amount in line.parts} - {currency})]
    for code in currencies:
        of = {label: amount.decimal for label, amount in line.parts if amount.currency == code}
        moved = (line.money_in, line.money_out) if code == currency else (None, None)
        yield [*head, code, *(amount and amount.decimal for amount in moved), *(of.get(label) for label, _, _ in PARTS)]


def totals_of(project: Project) -> list[Total]:
    """From the daily sums, in one query for any number of movements."""
    days = LedgerDay.objects.filter(project=project).order_by().values("account", "kind", "currency")
    net = {
        (row["account"], row["kind"], row["currency"]): row["n"]
        for row in days.annotate(n=Sum(F("credit") - F("debit")))
    }

    def of(account: str, *kinds: str) -> tuple[Amount, ...]:
        wanted = {key: n for key, n in net.items() if key[0] == account and (not kinds or key[1] in kinds)}
        minor = sum(n for key, n in wanted.items() if key[2] == project.currency)
        return (Amount(minor, project.currency),)

    return [
        Total(
            gettext("Collected"),
            of(Account.PROJECT_HELD, Kind.CHARGE),
            gettext("Charged to cards for this project, without tips."),
        ),
        Total(
            gettext("Refunded"),
            _less(of(Account.PROJECT_HELD, Kind.REFUND, Kind.REFUND_FAILURE)),
            gettext("Gone back to backers."),
        ),
        Total(
            gettext("Disputes lost"),
            _less(of(Account.PROJECT_HELD, Kind.DISPUTE_LOST)),
            gettext("Taken back by banks for good."),
        ),
        Total(
            gettext("Provider's fees"),
            _provider_fees(project, net),
            gettext("What moving this money cost at the payment provider."),
        ),
        Total(
            gettext("Platform's fee"),
            of(Account.PLATFORM_FEES),
            gettext("%(platform_fee_percent)s of each released tranche.")
            % {"platform_fee_percent": project.platform_fee_percent},
        ),
        Total(
            gettext("In reserve"),
            of(Account.RESERVE),
            gettext("%(reserve_percent)s of each tranche, kept for late disputes.")
            % {"reserve_percent": project.reserve_percent},
        ),
        Total(
            gettext("Being sent"),
            of(Account.CREATOR_PAYABLE),
            gettext("Released against evidence, on its way to the creator."),
        ),
        Total(
            gettext("Paid out"),
            _less(of(Account.CREATOR_PAYABLE, Kind.TRANSFER)),
            gettext("Arrived at the creator's account."),
        ),
        Total(gettext("Held"), of(Account.PROJECT_HELD), gettext("Not released yet: it waits here for milestones.")),
    ]


def _less(amounts: tuple[Amount, ...]) -> tuple[Amount, ...]:
    return tuple(Amount(-amount.minor, amount.currency) for amount in amounts)


def _provider_fees(project: Project, net: dict[tuple[str, str, str], int]) -> tuple[Amount, ...]:
    """By currency; what releases set off against tranches is not a new fee."""
    sums = {project.currency: 0}
    for (account, kind, currency), minor in net.items():
        if account == Account.PROVIDER_FEES and kind != Kind.RELEASE:
            sums[currency] = sums.get(currency, 0) - minor
    return tuple(Amount(minor, currency) for currency, minor in sums.items())
