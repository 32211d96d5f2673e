"""The balance page: figures from the daily sums, what each milestone would bring now, the newest entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext

from payments.models import LedgerEntry, LedgerTransaction, Payout, PayoutRecipient
from payments.papers.amounts import Amount
from payments.services.balance_sheet import Sheet, Tranche, sheet_of, tranche_of
from payments.web.creator_forms import EvidenceForm
from projects.models import Milestone, MilestoneEvidence, Project
from values.money import Money

SHOWN = 15


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

    def money(minor: int) -> Money:
        return Money(minor, project.currency)

    fee, reserve = project.platform_fee_percent, project.reserve_percent
    return [
        Figure(
            "collected", gettext("Collected"), money(sheet.collected), gettext("Charged cards, gross, without tips.")
        ),
        Figure("refunded", gettext("Refunded"), money(-sheet.refunded), gettext("Gone back to cards.")),
        Figure(
            "disputes-lost",
            gettext("Disputes lost"),
            money(-sheet.disputes_lost),
            gettext("Taken back by banks for good."),
        ),
        Figure(
            "released",
            gettext("Released"),
            money(-sheet.released),
            gettext("Left what is held: paid tranches with their fees."),
        ),
        Figure("held", gettext("Held for you"), money(sheet.held), gettext("What is left of all this.")),
        Figure(
            "unsettled",
            gettext("Not settled yet"),
            money(-sheet.unsettled),
            gettext("Charged, but not available at the provider."),
        ),
        Figure("disputed", gettext("Disputed now"), money(-sheet.frozen), gettext("Frozen until the banks decide.")),
        Figure(
            "going-back",
            gettext("Refunds on their way"),
            money(-sheet.refunds_waiting),
            gettext("Asked for, not sent yet."),
        ),
        Figure("", gettext("Free for tranches"), money(sheet.free), gettext("Held, less the three lines above.")),
        Figure(
            "provider-fees",
            gettext("Provider's fees, due"),
            money(sheet.provider_fees),
            gettext("Fees that no tranche bore yet; the next one does."),
        ),
        Figure(
            "platform-fee",
            gettext("Platform's fee, taken"),
            money(sheet.platform_fees),
            gettext("%(fee)s of each released tranche.") % {"fee": fee},
        ),
        Figure(
            "in-reserve",
            gettext("In reserve"),
            money(sheet.reserve),
            gettext("%(reserve)s of each tranche, kept for late disputes.") % {"reserve": reserve},
        ),
        Figure("being-sent", gettext("Being sent"), money(sheet.payable), gettext("Released and on its way to you.")),
        Figure(
            "paid-out", gettext("Paid out"), money(sheet.paid_out), gettext("Arrived at your account at the provider.")
        ),
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
