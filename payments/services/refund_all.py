"""Giving everything back: in one statement for all pledges of a project, to the cent of what is left of it.

Before any tranche was paid, every backer gets the gross back and the platform bears the provider's fees. After one,
what is left is shared in proportion to what each was charged, by largest remainder.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum

from payments.models import CashPledge, Dispute, Hold, Payout, Refund
from payments.services.ledger import Account, Kind, Posting, balances, post
from projects.models import Project
from values.money import Money

# Gives the shares and takes them off what is left in the same statement; run again it finds nothing left to give.
GIVE_BACK = """
WITH due AS (
    SELECT p.id, p.amount_minor + p.tip_minor - p.refunded_minor AS total,
           p.amount_minor - p.refunded_minor + coalesce((
               SELECT sum(r.tip_minor) FROM payments_refund r
               WHERE r.pledge_id = p.id AND r.state IN ('pending', 'sent', 'succeeded')), 0) AS project_left
    FROM payments_cashpledge p
    WHERE p.project_id = %(project)s AND p.state = 'collected' AND p.amount_minor + p.tip_minor > p.refunded_minor
      -- What the bank sent back waits for staff: the same card would send it back again, for ever.
      AND NOT EXISTS (SELECT 1 FROM payments_refund r WHERE r.pledge_id = p.id AND r.state = 'failed'
                      AND r.provider_id <> '' AND r.cause = %(cause)s)
    ORDER BY p.id FOR UPDATE OF p
), shares AS (
    SELECT id, total, project_left, div(project_left * fund, greatest(whole, 1)) AS base,
           mod(project_left * fund, greatest(whole, 1)) AS rest, fund
    FROM (SELECT *, sum(project_left) OVER () AS whole,
                 CASE WHEN %(is_whole)s THEN sum(project_left) OVER ()
                      ELSE least(%(fund)s, sum(project_left) OVER ()) END AS fund FROM due) d
), ranked AS (
    SELECT *, row_number() OVER (ORDER BY rest DESC, id) AS rank, fund - sum(base) OVER () AS over FROM shares
), given AS (
    SELECT id, total - project_left AS tip,
           base::bigint + (rank <= over)::int + total - project_left AS amount, gen_random_uuid() AS refund_id
    FROM ranked
), made AS (
    INSERT INTO payments_refund (id, pledge_id, amount_minor, tip_minor, cause, reason, requested_by_id, state,
        idempotency_key, provider_id, message, created_at, next_attempt_at, attempts)
    SELECT refund_id, id, amount, tip, %(cause)s, %(reason)s, %(by)s, 'pending',
           %(mode)s || ':refund:' || refund_id, '', '', %(now)s, %(now)s, 0
    FROM given WHERE amount > 0
    RETURNING pledge_id, amount_minor
)
UPDATE payments_cashpledge p SET refunded_minor = p.refunded_minor + made.amount_minor
FROM made WHERE made.pledge_id = p.id
"""


@dataclass(frozen=True, slots=True)
class Consequences:
    """What ending a project does, in numbers: pledges to release, charges under way, charges to give back."""

    currency: str
    release_count: int
    release_minor: int
    charging_count: int
    refund_count: int
    refund_minor: int
    disputed_count: int
    paid_out_minor: int
    fees_lost_minor: int
    supports: int

    @property
    def is_whole(self) -> bool:
        """Whether everyone gets everything back."""
        return self.paid_out_minor == 0

    @property
    def release(self) -> Money:
        """Promises that are never charged."""
        return Money(self.release_minor, self.currency)

    @property
    def refund(self) -> Money:
        """What goes back to cards."""
        return Money(self.refund_minor, self.currency)

    @property
    def paid_out(self) -> Money:
        """What the creator has and cannot go back."""
        return Money(self.paid_out_minor, self.currency)

    @property
    def fees_lost(self) -> Money:
        """Fees that the provider keeps."""
        return Money(self.fees_lost_minor, self.currency)


def fund_left(project: Project) -> int:
    """What could still be given back of the project's money: held and in reserve, what is payable stays payable."""
    found = balances(project_id=project.pk)
    return -sum(found.get((account, project.currency), 0) for account in (Account.PROJECT_HELD, Account.RESERVE))


def has_paid_out(project: Project) -> bool:
    """Whether any tranche was released."""
    return Payout.objects.filter(project=project, state__in=(Payout.State.RELEASED, Payout.State.PAID)).exists()


def consequences(project: Project) -> Consequences:
    """Asked before a project is ended, shown to whoever ends it."""
    state = CashPledge.State
    left = F("amount_minor") + F("tip_minor") - F("refunded_minor")
    sums = CashPledge.objects.filter(project=project).aggregate(
        release_count=Count("pk", filter=Q(state__in=(state.STARTED, state.ACTIVE))),
        release=Sum("amount_minor", filter=Q(state__in=(state.STARTED, state.ACTIVE))),
        charging=Count("pk", filter=Q(state__in=CashPledge.COLLECTING)),
        refund_count=Count("pk", filter=Q(state=state.COLLECTED)),
        refund=Sum(left, filter=Q(state=state.COLLECTED)),
        disputed=Count("pk", filter=Q(state=state.DISPUTED)),
    )
    paid = Payout.objects.filter(project=project, state__in=(Payout.State.RELEASED, Payout.State.PAID))
    paid_out = paid.aggregate(n=Sum("amount_minor"))["n"] or 0
    refund = sums["refund"] or 0
    return Consequences(
        currency=project.currency, release_count=sums["release_count"], release_minor=sums["release"] or 0,
        charging_count=sums["charging"], refund_count=sums["refund_count"],
        refund_minor=min(refund, max(fund_left(project), 0)) if paid_out else refund,
        disputed_count=sums["disputed"], paid_out_minor=paid_out,
        fees_lost_minor=balances(project_id=project.pk).get((Account.PROVIDER_FEES, project.currency), 0),
        supports=project.supports.filter(state__in=("active", "paused")).count(),
    )  # fmt: skip


@transaction.atomic
def refund_everyone(*, project: Project, cause: str, reason: str, now: datetime, by: int | None = None) -> int:
    """Write a refund of what is left for every charged pledge. Returns how many; a repeat finds nothing more."""
    Project.objects.select_for_update().get(pk=project.pk)
    if Hold.objects.filter(project=project, lifted_at=None).exists():
        return 0
    is_whole = not has_paid_out(project)
    _return_reserve(project, now)
    values: dict[str, Any] = {
        "project": project.pk, "is_whole": is_whole, "fund": max(fund_left(project) - _bound(project), 0),
        "cause": cause, "reason": reason[:1000], "by": by, "mode": settings.MODE, "now": now,
    }  # fmt: skip
    if not is_whole and values["fund"] == 0:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, values)
        return cursor.rowcount


def _bound(project: Project) -> int:
    """What is held and yet not free: refunds that are written and not booked, charges that a bank disputes."""
    waiting = Refund.objects.filter(pledge__project=project, state=Refund.State.PENDING)
    refunds = waiting.aggregate(n=Sum(F("amount_minor") - F("tip_minor")))["n"] or 0
    disputes = Dispute.objects.filter(pledge__project=project, state__in=Dispute.OPEN)
    return refunds + (disputes.aggregate(n=Sum(F("amount_minor") - F("tip_minor")))["n"] or 0)


def _return_reserve(project: Project, now: datetime) -> None:
    """The reserve was kept for this: it is held for the project's backers again."""
    reserve = -balances(project_id=project.pk).get((Account.RESERVE, project.currency), 0)
    if reserve > 0:
        lines = ((Account.RESERVE, project.currency, reserve), (Account.PROJECT_HELD, project.currency, -reserve))
        post(Posting(Kind.RELEASE, f"reserve-returned:{project.pk}", project.pk, lines), now=now)
