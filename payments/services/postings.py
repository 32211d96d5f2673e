"""What each movement of money writes into the ledger.

Two currencies: where the provider settles in another one than the card was charged in, both sides are kept and pass
through the exchange clearing account, so that each sums to zero in its own currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from payments.models import CashPledge, Dispute, Payout, Refund
from payments.services.ledger import Account, Kind, Line, Posting, Statement


@dataclass(frozen=True, slots=True)
class Parts:
    """An amount in the pledge's currency by what it belongs to. `loss` is more than the pledge still had."""

    currency: str
    project: int
    tip: int
    loss: int = 0

    @property
    def lines(self) -> list[Line]:
        """Debits of what was held for the project, of the platform's tip and of the platform itself."""
        return [
            (Account.PROJECT_HELD, self.currency, self.project),
            (Account.PLATFORM_TIPS, self.currency, self.tip),
            (Account.DISPUTE_LOSS, self.currency, self.loss),
        ]

    @property
    def total(self) -> int:
        """All of it."""
        return self.project + self.tip + self.loss


def across(parts_currency: str, amount: int, statement: Statement, settled: int) -> list[Line]:
    """Clearing entries that turn `amount` owed in one currency into `settled` in the provider's; none where equal."""
    if parts_currency == statement.currency:
        return []
    return [(Account.EXCHANGE, parts_currency, -amount), (Account.EXCHANGE, statement.currency, settled)]


def charge(*, pledge: CashPledge, presented: int, statement: Statement) -> Posting:
    """A succeeded charge of `presented`: gross is held for the project, the tip is ours, the fee the provider's."""
    tip = min(pledge.tip_minor, presented)
    owed: list[Line] = [
        (Account.PROJECT_HELD, pledge.currency, tip - presented),
        (Account.PLATFORM_TIPS, pledge.currency, -tip),
        (Account.PROVIDER_PENDING, statement.currency, statement.net),
    ]
    fee = statement.fee
    if pledge.currency != statement.currency:
        # The fee is kept in the project's currency, at the rate of this very charge.
        fee = (2 * statement.fee * presented + statement.amount) // (2 * statement.amount)
        owed.append((Account.EXCHANGE, pledge.currency, presented - fee))
        owed.append((Account.EXCHANGE, statement.currency, -statement.net))
    owed.append((Account.PROVIDER_FEES, pledge.currency, fee))
    return _of(pledge, Kind.CHARGE, statement, owed)


def settlement(*, project_id: int, pledge_id: UUID | None, statement: Statement) -> Posting:
    """The net of a charge became available."""
    return Posting(
        Kind.SETTLEMENT,
        f"settlement:{statement.id}",
        project_id,
        (
            (Account.PROVIDER_AVAILABLE, statement.currency, statement.net),
            (Account.PROVIDER_PENDING, statement.currency, -statement.net),
        ),
        pledge_id,
    )


def refund(*, refund: Refund, statement: Statement) -> Posting:
    """Gross goes back; the provider keeps its fee for the charge."""
    pledge = refund.pledge
    parts = Parts(pledge.currency, refund.amount_minor - refund.tip_minor, refund.tip_minor)
    lines = [
        *parts.lines,
        *across(pledge.currency, parts.total, statement, -statement.amount),
        (Account.PROVIDER_FEES, statement.currency, statement.fee),
        (Account.PROVIDER_AVAILABLE, statement.currency, statement.net),
    ]
    return _of(pledge, Kind.REFUND, statement, lines)


def refund_failure(*, refund: Refund, statement: Statement) -> Posting:
    """The bank sent a refund back: the money is ours to hold again."""
    pledge = refund.pledge
    parts = Parts(pledge.currency, tip=-refund.tip_minor, project=refund.tip_minor - refund.amount_minor)
    lines = [
        *parts.lines,
        *across(pledge.currency, parts.total, statement, -statement.amount),
        (Account.PROVIDER_FEES, statement.currency, statement.fee),
        (Account.PROVIDER_AVAILABLE, statement.currency, statement.net),
    ]
    return _of(pledge, Kind.REFUND_FAILURE, statement, lines)


def dispute_moved(*, dispute: Dispute, kind: str, statement: Statement) -> Posting:
    """The provider took a disputed amount with its fee, or gave it back."""
    lines: list[Line] = [
        (Account.DISPUTED, statement.currency, -statement.amount),
        (Account.PROVIDER_FEES, statement.currency, statement.fee),
        (Account.PROVIDER_AVAILABLE, statement.currency, statement.net),
    ]
    return _of(dispute.pledge, kind, statement, lines)


def dispute_lost(*, dispute: Dispute, parts: Parts, taken: int, currency: str) -> Posting:
    """What the bank took is gone: first for the project that got it and the tip, the rest for the platform."""
    lines = [*parts.lines, (Account.DISPUTED, currency, -taken)]
    if currency != parts.currency:
        lines += [(Account.EXCHANGE, parts.currency, -parts.total), (Account.EXCHANGE, currency, taken)]
    return Posting(
        Kind.DISPUTE_LOST, f"lost:{dispute.provider_id}", dispute.pledge.project_id, tuple(lines), dispute.pledge_id
    )


def loss_shifted(*, refund: Refund, parts: Parts) -> Posting:
    """A refund that was counted as gone when a dispute was lost never left: its share of the loss is whose it was."""
    pledge = refund.pledge
    return Posting(Kind.DISPUTE_LOST, f"loss_shifted:{refund.pk}", pledge.project_id, tuple(parts.lines), pledge.pk)


def release(payout: Payout) -> Posting:
    """A released tranche leaves what is held: fees, reserve, and what is payable to the creator."""
    source = Account.RESERVE if payout.kind == Payout.Kind.RESERVE else Account.PROJECT_HELD
    lines = (
        (source, payout.currency, payout.gross_minor),
        (Account.PROVIDER_FEES, payout.currency, -payout.provider_fee_minor),
        (Account.PLATFORM_FEES, payout.currency, -payout.platform_fee_minor),
        (Account.RESERVE, payout.currency, -payout.reserve_minor),
        (Account.CREATOR_PAYABLE, payout.currency, -payout.amount_minor),
    )
    return Posting(Kind.RELEASE, f"release:{payout.pk}", payout.project_id, lines)


def transfer(*, payout: Payout, statement: Statement) -> Posting:
    """The provider moved the creator's money."""
    lines = [
        (Account.CREATOR_PAYABLE, payout.currency, payout.amount_minor),
        *across(payout.currency, payout.amount_minor, statement, -statement.amount),
        (Account.PROVIDER_FEES, statement.currency, statement.fee),
        (Account.PROVIDER_AVAILABLE, statement.currency, statement.net),
    ]
    return Posting(Kind.TRANSFER, f"transfer:{statement.id}", payout.project_id, tuple(lines), statement=statement)


def _of(pledge: CashPledge, kind: str, statement: Statement, lines: list[Line]) -> Posting:
    return Posting(kind, f"{kind}:{statement.id}", pledge.project_id, tuple(lines), pledge.pk, statement)
