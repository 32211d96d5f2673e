"""Refunds: asked for under the pledge's lock, committed with their key, then sent by a sweep that survives anything.

Their sum never passes the charge: what is asked for is taken off what is left at once, and put back if the bank
refuses. A refund takes from the project first and from the tip last.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext

from accounts.models import User
from payments import provider
from payments.errors import PaymentsError, ProviderAway, ProviderBusy, ProviderRefused, RefundRefused
from payments.models import CashPledge, LedgerEntry, Refund
from payments.pacing import paced
from payments.provider import Object
from payments.services import postings
from payments.services.balance_records import remember
from payments.services.balance_sheet import sheet_of
from payments.services.ledger import Posting, Statement, post
from payments.services.mails import write_mail
from payments.services.pledging import count, free_rewards
from payments.states import change_state
from projects.models import Project
from values.money import Money

logger = logging.getLogger(__name__)
State = Refund.State
Charged = CashPledge.State
BATCH = 500
# The provider keeps keys for a day at least; older requests are looked up instead of sent again.
KEY_LIFETIME = timedelta(hours=23)
PAUSE = timedelta(seconds=30)
LOOK_AGAIN = timedelta(hours=6)


def tip_part(pledge: CashPledge, amount: int) -> int:
    """How much of a further refund of `amount` comes out of the tip: only what the project's part does not cover."""
    tips = sum(pledge.refunds.filter(state__in=Refund.STANDING).values_list("tip_minor", flat=True))
    project_left = pledge.amount_minor - (pledge.refunded_minor - tips)
    return max(0, amount - project_left)


@transaction.atomic
def request_refund(
    *, pledge_id: UUID, amount: int | None, cause: str, now: datetime, reason: str = "", by: User | None = None
) -> Refund:
    """Take `amount` minor units (None: all that is left) off what is left, to be sent. Raises RefundRefused."""
    pledge = CashPledge.objects.select_for_update(of=("self",)).select_related("project").get(pk=pledge_id)
    left = pledge.refundable_minor
    if not left:
        raise RefundRefused(
            gettext("Nothing of this pledge can go back: it is %(state_words)s.") % {"state_words": pledge.state_words}
        )
    amount = left if amount is None else amount
    if not 0 < amount <= left:
        raise RefundRefused(
            gettext("At most %(pledge)s of this pledge can go back. Nothing was refunded.")
            % {"pledge": Money(left, pledge.currency)}
        )
    refund_id = uuid4()
    refund = Refund.objects.create(
        id=refund_id, pledge=pledge, amount_minor=amount, tip_minor=tip_part(pledge, amount), cause=cause,
        reason=reason[:1000], requested_by=by, idempotency_key=f"{settings.MODE}:refund:{refund_id}", created_at=now,
        next_attempt_at=now,
    )  # fmt: skip
    CashPledge.objects.filter(pk=pledge_id).update(refunded_minor=pledge.refunded_minor + amount)
    return refund


@transaction.atomic
def refund_from_project(
    *, pledge_id: UUID, amount: int | None, cause: str, reason: str, by: User, now: datetime
) -> Refund:
    """A refund that the project's held money must cover: what was paid out cannot go back. Raises RefundRefused."""
    pledge = CashPledge.objects.select_related("project").get(pk=pledge_id)
    project = Project.objects.select_for_update().get(pk=pledge.project_id)
    refund = request_refund(pledge_id=pledge_id, amount=amount, cause=cause, now=now, reason=reason, by=by)
    sheet = sheet_of(project)
    covered = sheet.held - sheet.frozen - sheet.refunds_waiting
    if covered < 0:
        left = Money(max(covered + refund.amount_minor - refund.tip_minor, 0), pledge.currency)
        raise RefundRefused(
            gettext("Only %(left)s of the project's money is left here; the rest was paid out. Nothing went back.")
            % {"left": left}
        )
    return refund


def send_refunds(*, now: datetime) -> int:
    """Send what is due, look at what the bank still has; one bad row never stops the others. Returns how many."""
    due = Refund.objects.filter(state__in=(State.PENDING, State.SENT), next_attempt_at__lte=now)
    ids = list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:BATCH])
    done = 0
    with paced():
        for refund_id in ids:
            try:
                done += send_refund(refund_id=refund_id, now=now)
            except (PaymentsError, DatabaseError):
                logger.exception("refund_failed refund=%s", refund_id)
    return done


def send_refund(*, refund_id: UUID, now: datetime) -> bool:
    """One call under the refund's own key. Returns whether its state is known now."""
    refund = Refund.objects.select_related("pledge").get(pk=refund_id)
    try:
        answer = _ask(refund, now)
    except ProviderRefused as error:
        _refuse(refund_id=refund_id, message=str(error), now=now)
        return True
    except ProviderBusy:
        Refund.objects.filter(pk=refund_id).update(next_attempt_at=now + PAUSE)
        return False
    except ProviderAway:
        # Unknown: the same key gives the same answer, so it is simply asked again.
        Refund.objects.filter(pk=refund_id).update(next_attempt_at=now + PAUSE)
        return False
    apply_refund(refund_id=refund_id, answer=answer, now=now)
    return True


def _ask(refund: Refund, now: datetime) -> Object:
    if refund.provider_id:
        return provider.retrieve_refund(refund.provider_id)
    intent = refund.pledge.payment_intent_id
    if now - refund.created_at > KEY_LIFETIME:
        sent = (item for item in provider.refunds_of(intent) if item["metadata"].get("refund") == str(refund.pk))
        if found := next(sent, None):
            return provider.retrieve_refund(found["id"])
    return provider.refund(
        intent=intent, amount=refund.amount_minor, refund_id=refund.pk, idempotency=refund.idempotency_key
    )


@transaction.atomic
def apply_refund(*, refund_id: UUID, answer: Object, now: datetime) -> None:
    """What the provider says about a refund: booked once when it left, taken back when the bank refused it."""
    pledge, refund = _locked(refund_id)
    if answer["status"] in ("failed", "canceled"):
        _take_back(pledge, refund, answer, now)
        return
    if not refund.provider_id:
        _book(pledge, refund, answer, now)
    target = State.SUCCEEDED if answer["status"] == "succeeded" else State.SENT
    next_at = None if target == State.SUCCEEDED else now + LOOK_AGAIN
    finished = now if target == State.SUCCEEDED else None
    Refund.objects.filter(pk=refund_id, state__in=(State.PENDING, State.SENT)).update(
        state=target, next_attempt_at=next_at, finished_at=finished, provider_id=answer["id"]
    )


def _locked(refund_id: UUID) -> tuple[CashPledge, Refund]:
    """Pledge first, as everywhere."""
    pledge_id = Refund.objects.values_list("pledge_id", flat=True).get(pk=refund_id)
    pledge = CashPledge.objects.select_for_update(of=("self",)).select_related("project", "backer").get(pk=pledge_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    refund.pledge = pledge
    return pledge, refund


def _book(pledge: CashPledge, refund: Refund, answer: Object, now: datetime) -> None:
    statement = Statement.of(answer["balance_transaction"])
    remember(answer["balance_transaction"])
    is_whole = pledge.refunded_minor == pledge.total_minor and not _others_open(refund)
    was_counted = not pledge.transitions.filter(target__in=(Charged.CANCELED, Charged.DROPPED)).exists()
    if is_whole and pledge.state == Charged.COLLECTED:
        change_state(pledge=pledge, target=Charged.REFUNDED, now=now, reason=refund.get_cause_display())
        # A refund that the bank had sent back freed them before; whoever took them since keeps them.
        if was_counted and not pledge.transitions.filter(source=Charged.REFUNDED).exists():
            free_rewards(pledge)
    post(postings.refund(refund=refund, statement=statement), now=now)
    back = refund.tip_minor - refund.amount_minor
    count(pledge, f"refunded:{refund.pk}", back, now, stage="realized")
    if was_counted:
        count(pledge, f"refunded:{refund.pk}", back, now)
    write_mail(pledge=pledge, kind="refunded" if is_whole else "refund", now=now, number=pledge.refunds.count())


def _others_open(refund: Refund) -> bool:
    """Whether another refund of the pledge has not left yet."""
    return refund.pledge.refunds.filter(state=State.PENDING).exclude(pk=refund.pk).exists()


def _take_back(pledge: CashPledge, refund: Refund, answer: Object, now: datetime) -> None:
    """The bank refused: the money is ours to hold, and the pledge is charged again as it was.

    Where the answer to the request was lost, both movements are booked here; the pledge never counted as refunded.
    """
    if refund.state == State.FAILED:
        return
    was_booked = bool(refund.provider_id)
    why = answer.get("failure_reason") or gettext("no reason given")
    message = gettext("The bank sent it back: %(why)s.") % {"why": why}
    _close_as_failed(pledge, refund, message, now, provider_id=answer["id"])
    if not was_booked:
        _post_movement(postings.refund, refund, answer["balance_transaction"], now)
    _post_movement(postings.refund_failure, refund, answer["failure_balance_transaction"], now)
    if not was_booked:
        return
    if pledge.state == Charged.REFUNDED:
        change_state(pledge=pledge, target=Charged.COLLECTED, now=now, reason=message)
    again = refund.amount_minor - refund.tip_minor
    count(pledge, f"refund_failed:{refund.pk}", again, now, stage="realized")
    count(pledge, f"refund_failed:{refund.pk}", again, now)
    write_mail(pledge=pledge, kind="refund_failed", now=now, number=pledge.refunds.count())


def _post_movement(write: Callable[..., Posting], refund: Refund, balance: Object | None, now: datetime) -> None:
    """Nothing where the provider moved nothing."""
    if balance:
        remember(balance)
        post(write(refund=refund, statement=Statement.of(balance)), now=now)


@transaction.atomic
def _refuse(*, refund_id: UUID, message: str, now: datetime) -> None:
    """The provider refused the request itself, for the charge is disputed for example: what is left is left again."""
    pledge, refund = _locked(refund_id)
    if refund.state == State.PENDING:
        _close_as_failed(pledge, refund, message, now)


def _close_as_failed(pledge: CashPledge, refund: Refund, message: str, now: datetime, **fields: object) -> None:
    Refund.objects.filter(pk=refund.pk).update(
        state=State.FAILED, message=message[:300], finished_at=now, next_attempt_at=None, **fields
    )
    CashPledge.objects.filter(pk=pledge.pk).update(refunded_minor=pledge.refunded_minor - refund.amount_minor)
    pledge.refresh_from_db(fields=["refunded_minor"])
    _shift_loss(pledge, refund, now)


def _shift_loss(pledge: CashPledge, refund: Refund, now: datetime) -> None:
    """A dispute that was lost meanwhile took this refund for gone: the platform bore what the project and the tip had.

    It did not leave after all, so they bear it, up to what the platform bore.
    """
    borne = LedgerEntry.objects.filter(
        transaction__pledge_id=pledge.pk, account=LedgerEntry.Account.DISPUTE_LOSS, currency=pledge.currency
    ).aggregate(n=Sum(F("debit") - F("credit")))["n"]
    if not borne:
        return
    project = min(borne, refund.amount_minor - refund.tip_minor)
    tip = min(borne - project, refund.tip_minor)
    parts = postings.Parts(pledge.currency, project, tip, -project - tip)
    post(postings.loss_shifted(refund=refund, parts=parts), now=now)
    for stage in ("realized", "pledged"):
        count(pledge, f"loss_shifted:{refund.pk}", -project, now, stage=stage)
