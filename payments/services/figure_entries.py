"""What each figure of a balance is made of: ledger entries, or the pledges, disputes and refunds behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from payments.models import LedgerDay, LedgerEntry, LedgerTransaction
from payments.services.balance_sheet import disputed_of, going_back_of, unsettled_of
from projects.models import Project
from values.money import Money
from values.texts import Text

Account, Kind = LedgerEntry.Account, LedgerTransaction.Kind
PAGE = 50


@dataclass(frozen=True, slots=True)
class Part:
    """A summand: all parts of a figure sum to it. `number` is where the next page goes on."""

    number: int
    at: datetime
    what: str
    who: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Booked:
    """Entries of one account, of some kinds of movement or of all; `sign` is how the figure shows a credit."""

    account: str
    kinds: tuple[str, ...] = ()
    sign: int = 1

    def parts(self, project: Project, before: int | None) -> list[Part]:
        """Newest first, one more than a page."""
        kinds = self.kinds or self._kinds(project)
        entries = LedgerEntry.objects.filter(
            transaction__project=project, transaction__kind__in=kinds, account=self.account, currency=project.currency
        )
        older = entries if before is None else entries.filter(transaction_id__lt=before)
        rows = older.select_related("transaction__pledge__backer").order_by("-transaction_id", "-pk")
        return [self._part(entry) for entry in rows[: PAGE + 1]]

    def _kinds(self, project: Project) -> tuple[str, ...]:
        # Asked for by kind, few rows are found among very many without reading those.
        days = LedgerDay.objects.filter(project=project, account=self.account, currency=project.currency)
        return tuple(days.order_by().values_list("kind", flat=True).distinct())

    def _part(self, entry: LedgerEntry) -> Part:
        movement = entry.transaction
        who = movement.pledge.backer.public_name if movement.pledge else ""
        amount = Money(self.sign * (entry.credit - entry.debit), entry.currency)
        return Part(movement.pk, movement.recorded_at, movement.get_kind_display(), who, amount)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows that the ledger has not booked yet; they have no running number, so pages count them."""

    what: Text
    rows: Callable[[Project], QuerySet[Any]]
    at: str
    minor: Combinable
    backer: str = "pledge__backer"

    def parts(self, project: Project, before: int | None) -> list[Part]:
        """Newest first, one more than a page. They are taken off what is held."""
        skipped = before or 0
        columns = (self.at, self.minor, f"{self.backer}_id", f"{self.backer}__name")
        rows = self.rows(project).order_by(f"-{self.at}", "pk").values_list(*columns)
        return [
            Part(number, at, str(self.what), name or User(pk=backer_id).public_name, Money(-minor, project.currency))
            for number, (at, minor, backer_id, name) in enumerate(rows[skipped : skipped + PAGE + 1], skipped + 1)
        ]


LESS_TIP = F("amount_minor") - F("tip_minor")
UNSETTLED = Waiting(
    _("charge, not settled yet"), unsettled_of, "collected_at", F("amount_minor") - F("refunded_minor"), "backer"
)
DISPUTED = Waiting(_("open dispute"), disputed_of, "opened_at", LESS_TIP)
GOING_BACK = Waiting(_("refund on its way"), going_back_of, "created_at", LESS_TIP)
Source = Callable[[Project, int | None], list[Part]]
SOURCES: dict[str, Source] = {
    "collected": Booked(Account.PROJECT_HELD, (Kind.CHARGE,)).parts,
    "refunded": Booked(Account.PROJECT_HELD, (Kind.REFUND, Kind.REFUND_FAILURE)).parts,
    "disputes-lost": Booked(Account.PROJECT_HELD, (Kind.DISPUTE_LOST,)).parts,
    "released": Booked(Account.PROJECT_HELD, (Kind.RELEASE,)).parts,
    "held": Booked(Account.PROJECT_HELD).parts,
    "unsettled": UNSETTLED.parts,
    "disputed": DISPUTED.parts,
    "going-back": GOING_BACK.parts,
    "provider-fees": Booked(Account.PROVIDER_FEES, sign=-1).parts,
    "platform-fee": Booked(Account.PLATFORM_FEES).parts,
    "in-reserve": Booked(Account.RESERVE).parts,
    "being-sent": Booked(Account.CREATOR_PAYABLE).parts,
    "paid-out": Booked(Account.CREATOR_PAYABLE, (Kind.TRANSFER,), sign=-1).parts,
}


def parts_of(*, project: Project, figure: str, before: int | None = None) -> tuple[list[Part], int | None]:
    """A page of the figure's summands and the number to go on from; None at the end. Raises KeyError."""
    found = SOURCES[figure](project, before)
    return found[:PAGE], found[PAGE - 1].number if len(found) > PAGE else None
