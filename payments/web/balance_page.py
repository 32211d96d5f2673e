"""The balance page: figures from the daily sums, what each milestone would bring now, the newest entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from payments.models import LedgerTransaction, Payout, PayoutRecipient
from payments.services.balance_sheet import Sheet, Tranche, sheet_of, tranche_of
from payments.web.creator_forms import EvidenceForm
from projects.models import Milestone, MilestoneEvidence, Project
from values.money import Money

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Figure:
    """A sum with what it is made of; `kinds` names the ledger's movements behind it."""

    label: str
    amount: Money
    explains: str
    kinds: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """Filter of the entries below."""
        return "&".join(f"kind={kind}" for kind in self.kinds)


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


def figures_of(project: Project, sheet: Sheet) -> list[Figure]:
    """The balance from the top to what is free."""

    def money(minor: int) -> Money:
        return Money(minor, project.currency)

    fee, reserve = project.platform_fee_percent, project.reserve_percent
    return [
        Figure("Collected", money(sheet.collected), "Charged cards, gross, without tips.", ("charge",)),
        Figure("Refunded", money(-sheet.refunded), "Gone back to cards.", ("refund", "refund_failure")),
        Figure("Disputes lost", money(-sheet.disputes_lost), "Taken back by banks for good.", ("dispute_lost",)),
        Figure("Released", money(-sheet.released), "Left what is held: paid tranches with their fees.", ("release",)),
        Figure("Held for you", money(sheet.held), "What is left of all this."),
        Figure("Not settled yet", money(-sheet.unsettled), "Charged, but not available at the provider yet."),
        Figure("Disputed now", money(-sheet.frozen), "Frozen until the banks decide.", ("dispute",)),
        Figure("Refunds on their way", money(-sheet.refunds_waiting), "Asked for, not sent yet."),
        Figure("Free for tranches", money(sheet.free), "Held, less the three lines above."),
        Figure(
            "Provider's fees, due",
            money(sheet.provider_fees),
            "Fees that no tranche bore yet; the next one does.",
            ("charge", "dispute"),
        ),
        Figure("Platform's fee, taken", money(sheet.platform_fees), f"{fee} of each released tranche.", ("release",)),
        Figure("In reserve", money(sheet.reserve), f"{reserve} of each tranche, kept for late disputes.", ("release",)),
        Figure("Being sent", money(sheet.payable), "Released and on its way to you.", ("release",)),
        Figure("Paid out", money(sheet.paid_out), "Arrived at your account at the provider.", ("transfer",)),
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
        "entries": list(rows[:SHOWN]),
        "reserve": Money(sheet.reserve, project.currency),
        "recipient": PayoutRecipient.objects.filter(user_id=project.creator_id).first(),
        "rejected": list(Payout.objects.filter(project=project, state=Payout.State.REJECTED)[:5]),
    }
