"""What a project has, owes and may be paid: each figure a sum of ledger entries, from the daily sums."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, QuerySet, Sum

from payments.models import CashPledge, Dispute, LedgerDay, Payout, Refund
from payments.services.ledger import Account, Kind
from projects.models import WHOLE_BP, Milestone, Project


@dataclass(frozen=True, slots=True)
class Sheet:
    """Minor units of the project's currency. `held` is what the ledger holds for the project now."""

    currency: str
    collected: int
    refunded: int
    disputes_lost: int
    released: int
    held: int
    unsettled: int
    frozen: int
    refunds_waiting: int
    provider_fees: int
    platform_fees: int
    reserve: int
    payable: int
    paid_out: int

    @property
    def base(self) -> int:
        """What the shares of the milestones are taken of: collected, less what went back."""
        return self.collected - self.refunded - self.disputes_lost

    @property
    def free(self) -> int:
        """What of the held money could be released now: settled, undisputed, not on its way back."""
        return max(self.held - self.unsettled - self.frozen - self.refunds_waiting, 0)


def sheet_of(project: Project) -> Sheet:
    """In four queries, whatever the number of pledges."""
    days = LedgerDay.objects.filter(project=project, currency=project.currency).order_by()
    rows = days.values("kind", "account").annotate(n=Sum(F("debit") - F("credit")))
    net = {(row["account"], row["kind"]): row["n"] for row in rows}

    def of(account: str, *kinds: str) -> int:
        return sum(n for (name, kind), n in net.items() if name == account and (not kinds or kind in kinds))

    held = -of(Account.PROJECT_HELD)
    paid = Payout.objects.filter(project=project, state=Payout.State.PAID)
    return Sheet(
        currency=project.currency,
        collected=-of(Account.PROJECT_HELD, Kind.CHARGE),
        refunded=of(Account.PROJECT_HELD, Kind.REFUND, Kind.REFUND_FAILURE),
        disputes_lost=of(Account.PROJECT_HELD, Kind.DISPUTE_LOST),
        released=of(Account.PROJECT_HELD, Kind.RELEASE),
        held=held,
        unsettled=unsettled_of(project).aggregate(n=Sum(F("amount_minor") - F("refunded_minor")))["n"] or 0,
        frozen=disputed_of(project).aggregate(n=Sum(F("amount_minor") - F("tip_minor")))["n"] or 0,
        refunds_waiting=going_back_of(project).aggregate(n=Sum(F("amount_minor") - F("tip_minor")))["n"] or 0,
        provider_fees=of(Account.PROVIDER_FEES),
        platform_fees=-of(Account.PLATFORM_FEES),
        reserve=-of(Account.RESERVE),
        payable=-of(Account.CREATOR_PAYABLE),
        paid_out=paid.aggregate(n=Sum("amount_minor"))["n"] or 0,
    )


def unsettled_of(project: Project) -> QuerySet[CashPledge]:
    """Charges whose money is not available yet; disputed ones are frozen anyway."""
    return project.cash_pledges.filter(collected_at__isnull=False, settled_at=None, state=CashPledge.State.COLLECTED)


def disputed_of(project: Project) -> QuerySet[Dispute]:
    """What banks have taken and not decided."""
    return Dispute.objects.filter(pledge__project=project, state__in=Dispute.OPEN)


def going_back_of(project: Project) -> QuerySet[Refund]:
    """Refunds that were asked for and not sent."""
    return Refund.objects.filter(pledge__project=project, state=Refund.State.PENDING)


@dataclass(frozen=True, slots=True)
class Tranche:
    """A milestone's release, computed. gross = provider fees + platform fee + reserve + amount."""

    gross: int
    provider_fees: int
    platform_fee: int
    reserve: int

    @property
    def amount(self) -> int:
        """What the creator gets."""
        return self.gross - self.provider_fees - self.platform_fee - self.reserve


def tranche_of(*, project: Project, milestone: Milestone, sheet: Sheet) -> Tranche:
    """min(the milestone's share of what came in to stay, what is free), less what the plan takes of it.

    The last milestone takes the rest, so that rounding loses nothing. Fees of the provider that no earlier tranche
    bore fall on this one, as far as it reaches.
    """
    through = sum(
        project.milestones.filter(number__lte=milestone.number).values_list("share_bp", flat=True)
    )  # fmt: skip
    entitled = sheet.base * min(through, WHOLE_BP) // WHOLE_BP - sheet.released
    gross = max(min(entitled, sheet.free), 0)
    provider_fees = max(min(sheet.provider_fees, gross), 0)
    platform_fee = min((gross * project.platform_fee_bp + WHOLE_BP // 2) // WHOLE_BP, gross - provider_fees)
    rest = gross - provider_fees - platform_fee
    return Tranche(gross, provider_fees, platform_fee, rest * project.reserve_bp // WHOLE_BP)
