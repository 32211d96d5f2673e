"""The balance page: figures from the daily sums, what each milestone would bring now, the newest entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from payments.models import LedgerEntry, LedgerTransaction, Payout, PayoutRecipient
from payments.papers.amounts import Amount
from payments.services.balance_sheet import Sheet, Tranche, sheet_of, tranche_of
from payments.web.creator_forms import EvidenceForm
from projects.models import Milestone, MilestoneEvidence, Project
from values.money import Money
from values.texts import Text

SHOWN = 15
# Key, label, minor units of the sheet, what it is; `%(fee)s` and `%(reserve)s` are the project's shares.
FIGURES: tuple[tuple[str, Text, Callable[[Sheet], int], Text], ...] = (
    ("collected", _("Collected"), lambda of: of.collected, _("Charged cards, gross, without tips.")),
    ("refunded", _("Refunded"), lambda of: -of.refunded, _("Gone back to cards.")),
    ("disputes-lost", _("Disputes lost"), lambda of: -of.disputes_lost, _("Taken back by banks for good.")),
    ("released", _("Released"), lambda of: -of.released, _("Left what is held: paid tranches with their fees.")),
    ("held", _("Held for you"), lambda of: of.held, _("What is left of all this.")),
    ("unsettled", _("Not settled yet"), lambda of: -of.unsettled, _("Charged, but not available at the provider.")),
    ("disputed", _("Disputed now"), lambda of: -of.frozen, _("Frozen until the banks decide.")),
    ("going-back", _("Refunds on their way"), lambda of: -of.refunds_waiting, _("Asked for, not sent yet.")),
    ("", _("Free for tranches"), lambda of: of.free, _("Held, less the three lines above.")),
    ("provider-fees", _("Provider's fees, due"), lambda of: of.provider_fees,
     _("Fees that no tranche bore yet; the next one does.")),
    ("platform-fee", _("Platform's fee, taken"), lambda of: of.platform_fees, _("%(fee)s of each released tranche.")),
    ("in-reserve", _("In reserve"), lambda of: of.reserve, _("%(reserve)s of each tranche, kept for late disputes.")),
    ("being-sent", _("Being sent"), lambda of: of.payable, _("Released and on its way to you.")),
    ("paid-out", _("Paid out"), lambda of: of.paid_out, _("Arrived at your account at the provider.")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A sum; `key` names the page with what it is made of, empty where it is computed from the figures above."""

    key: str
    label: str
    amount: Money
    explains: str


@dataclass(frozen=True, slots=True)
class MilestoneLine:
    """A milestone with its payout, its evidence and what it would bring now."""

    milestone: Milestone
    payout: Payout | None
    evidence: list[MilestoneEvidence]
    tranche: Tranche | None
    currency: str
    form: EvidenceForm | None

    @property
    def amount(self) -> Money | None:
        """What the creator got, or would get now."""
        if self.payout and self.payout.state in (Payout.State.RELEASED, Payout.State.PAID):
            return self.payout.amount
        return Money(self.tranche.amount, self.currency) if self.tranche else None


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One side of a movement, as the page shows it."""

    movement: LedgerTransaction
    account: str
    debit: Amount | None
    credit: Amount | None

    @classmethod
    def of(cls, movement: LedgerTransaction, entry: LedgerEntry) -> EntryLine:
        """In the entry's own currency, which the provider chooses for its fees."""
        sides = [Amount(minor, entry.currency) if minor else None for minor in (entry.debit, entry.credit)]
        return cls(movement, entry.get_account_display(), *sides)


def figures_of(project: Project, sheet: Sheet) -> list[Figure]:
    """The balance from the top to what is free."""
    facts = {"fee": project.platform_fee_percent, "reserve": project.reserve_percent}
    return [
        Figure(key, str(label), Money(minor_of(sheet), project.currency), str(explains) % facts)
        for key, label, minor_of, explains in FIGURES
    ]


def _lines(project: Project, sheet: Sheet, refused: dict[int, EvidenceForm]) -> list[MilestoneLine]:
    payouts = Prefetch("payouts", Payout.objects.exclude(state=Payout.State.REJECTED), to_attr="standing")
    found = []
    may_ask = True
    for milestone in project.milestones.prefetch_related(payouts, "evidence"):
        payout = next(iter(milestone.standing), None)
        form = refused.get(milestone.pk, EvidenceForm(prefix=None)) if payout is None and may_ask else None
        tranche = tranche_of(project=project, milestone=milestone, sheet=sheet) if may_ask else None
        found.append(
            MilestoneLine(milestone, payout, list(milestone.evidence.all()), tranche, project.currency, form)
        )  # fmt: skip
        may_ask = payout is not None and payout.state in (Payout.State.RELEASED, Payout.State.PAID)
    return found


def balance_context(project: Project, refused: dict[int, EvidenceForm] | None = None) -> dict[str, Any]:
    """Everything that the page shows, in a fixed number of queries for a given number of milestones."""
    sheet = sheet_of(project)
    rows = LedgerTransaction.objects.filter(project=project).prefetch_related("entries").order_by("-pk")
    return {
        "project": project,
        "sheet": sheet,
        "figures": figures_of(project, sheet),
        "milestones": _lines(project, sheet, refused or {}),
        "entries": [EntryLine.of(row, entry) for row in rows[:SHOWN] for entry in row.entries.all()],
        "reserve": Money(sheet.reserve, project.currency),
        "recipient": PayoutRecipient.objects.filter(user_id=project.creator_id).first(),
        "rejected": list(Payout.objects.filter(project=project, state=Payout.State.REJECTED)[:5]),
    }
