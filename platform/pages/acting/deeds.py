"""Deeds of staff on money and projects: each with its reason in the transaction that does it, never a call outside."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from audit.services import record_action
from payments.errors import PayoutRefused, RefundRefused
from payments.models import CashPledge, Hold, Payout, ReconciliationDifference, Refund
from payments.services import holding, paying_out
from payments.services.ledger import Account, Kind, Posting, balances, post
from payments.services.moving import check_other
from payments.services.refunding import request_refund
from payments.tasks import send_money
from projects.models import Project
from queueing.hints import queue_after_commit
from values.money import Money


@transaction.atomic
def release(*, payout_id: UUID, seen_minor: int, by: User, reason: str, now: datetime) -> Payout:
    """Release a payout of the amount that was on the screen. Raises PayoutRefused, ReasonMissing."""
    payout = paying_out.release_payout(payout_id=payout_id, by=by, reason=reason, now=now)
    if payout.amount_minor != seen_minor:
        raise PayoutRefused(
            gettext("It would be %(amount)s by now, another amount than you saw. Look again.")
            % {"amount": payout.amount}
        )
    queue_after_commit(send_money)
    return payout


@transaction.atomic
def refund_pledge(
    *, pledge_id: UUID, amount: int | None, seen_minor: int, by: User, reason: str, now: datetime
) -> Refund:
    """Give `amount` back (None: all that is left), unless more went back than `seen_minor`.

    Raises RefundRefused, OwnMoney, ReasonMissing.
    """
    pledge = CashPledge.objects.select_for_update(of=("self",)).get(pk=pledge_id)
    check_other(by, pledge.backer_id)
    if pledge.refunded_minor != seen_minor:
        raise RefundRefused(gettext("A refund was asked for in the meantime. Look again; nothing more was refunded."))
    refund = request_refund(pledge_id=pledge_id, amount=amount, cause=Refund.Cause.STAFF, now=now, reason=reason, by=by)
    details = {"amount_minor": refund.amount_minor, "currency": pledge.currency, "refund": str(refund.pk)}
    record_action(actor=by, action="refund", subject=f"pledge:{pledge_id}", reason=reason, now=now, details=details)
    queue_after_commit(send_money)
    return refund


def lift_hold(*, hold: Hold, by: User, reason: str, now: datetime) -> None:
    """Lift a hold on others. Raises HoldRefused, OwnMoney, ReasonMissing."""
    of_project = hold.project.creator_id if hold.project else None
    of_pledge = hold.pledge.backer_id if hold.pledge else None
    check_other(by, hold.user_id, of_project, of_pledge)
    holding.lift_hold(hold_id=hold.pk, by=by, reason=reason, now=now)


def owed_beyond_held(project: Project) -> Money | None:
    """By how much the project's held money is below zero, or None."""
    owed = balances(project_id=project.pk).get((Account.PROJECT_HELD, project.currency), 0)
    return Money(owed, project.currency) if owed > 0 else None


@transaction.atomic
def write_off(*, project_id: int, by: User, reason: str, now: datetime) -> Money:
    """The platform bears what a project owes beyond what it holds. Raises PayoutRefused, OwnMoney, ReasonMissing."""
    project = Project.objects.select_for_update().get(pk=project_id)
    check_other(by, project.creator_id)
    loss = owed_beyond_held(project)
    if loss is None:
        raise PayoutRefused(gettext("The project holds what it owes. There is nothing to write off."))
    details = {"amount_minor": loss.minor, "currency": loss.currency}
    subject = f"project:{project_id}"
    kept = record_action(actor=by, action="write_off", subject=subject, reason=reason, now=now, details=details)
    lines = (
        (Account.DISPUTE_LOSS, loss.currency, loss.minor),
        (Account.PROJECT_HELD, loss.currency, -loss.minor),
    )
    post(Posting(Kind.WRITE_OFF, f"write_off:{kept.pk}", project_id, lines), now=now)
    return loss


@transaction.atomic
def explain(*, difference_id: int, explanation: str, by: User, reason: str, now: datetime) -> None:
    """Say what a difference comes from; neither ledger nor difference changes. Raises ReasonMissing."""
    difference = ReconciliationDifference.objects.select_for_update().get(pk=difference_id)
    details = {
        "reference": difference.reference, "kind": difference.kind, "detail": difference.detail,
        "explanation": explanation,
    }  # fmt: skip
    subject = f"difference:{difference_id}"
    record_action(actor=by, action="explain", subject=subject, reason=reason, now=now, details=details)
    ReconciliationDifference.objects.filter(pk=difference_id).update(
        explanation=explanation.strip()[:1000], explained_by=by
    )
