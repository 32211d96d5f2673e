"""Charging the pledges of a funded project: rows are the queue, an attempt is committed before its call.

A PaymentIntent succeeds at most once, so neither a second worker nor a lost answer charges twice. Several threads share
the work at the provider's pace; each row is claimed under its lock and fails alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.models import F

from payments import provider
from payments.errors import CardRefused, NotBookedYet, PaymentsError, ProviderAway, ProviderBusy, ProviderRefused
from payments.models import CashPledge, Payment
from payments.pacing import paced
from payments.provider import Object
from payments.services.applying import FIX_WINDOW, UNUSABLE, Refusal, apply_payment_intent, apply_refusal
from payments.services.cards import ensure_payment_intent
from payments.states import change_many
from projects.models import Project

logger = logging.getLogger(__name__)
State = CashPledge.State
BATCH = 500
# An attempt without an outcome is asked for again once its call cannot be under way any more.
UNKNOWN_AFTER = timedelta(seconds=2 * provider.TIMEOUT_SECONDS)
# The provider keeps keys for a day at least: within it the same request gives the first answer, and charges nothing.
KEY_LIFETIME = timedelta(hours=23)
BUSY_PAUSE = timedelta(seconds=20)


def freeze_projects(*, now: datetime) -> int:
    """Lock every active pledge of projects whose closing was good. Returns how many were locked."""
    moved = 0
    for project_id in Project.objects.filter(state=Project.State.COLLECTING).values_list("pk", flat=True):
        ids = CashPledge.objects.filter(project_id=project_id, state=State.ACTIVE).values_list("pk", flat=True)
        moved += change_many(
            ids=ids,
            source=State.ACTIVE,
            target=State.LOCKED,
            now=now,
            next_attempt_at=now,
            fix_ends_at=now + FIX_WINDOW,
        )
    return moved


def reopen_windows(*, project_id: int, now: datetime) -> int:
    """Whoever could not pay while the project was suspended has the whole window again. Returns how many."""
    waiting = CashPledge.objects.filter(project_id=project_id, state__in=CashPledge.COLLECTING)
    waiting.filter(state=State.RETRYING).update(next_attempt_at=now)
    return waiting.update(fix_ends_at=now + FIX_WINDOW)


def collect_due(*, now: datetime) -> int:
    """Attempt what is due; one bad row never stops the others. Returns how many attempts were made."""
    due = CashPledge.objects.chargeable(now).order_by("next_attempt_at")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    with paced():
        return sum(_each(ids, lambda pledge_id: _attempt(pledge_id, now)))


def _each(ids: list[UUID], work: Callable[[UUID], bool]) -> list[bool]:
    """In threads where the settings allow some: each call waits for the provider, so they overlap."""
    if settings.COLLECTING_THREADS < 2 or len(ids) < 2:
        return [work(pk) for pk in ids]

    def with_own_connection(pk: UUID) -> bool:
        try:
            return work(pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(settings.COLLECTING_THREADS) as pool:
        # Copied here: a thread's own context knows nothing of the pace.
        contexts = [copy_context() for _ in ids]
        return list(pool.map(lambda context, pk: context.run(with_own_connection, pk), contexts, ids))


def _attempt(pledge_id: UUID, now: datetime) -> bool:
    try:
        return collect(pledge_id=pledge_id, now=now)
    except (PaymentsError, DatabaseError):
        logger.exception("collecting_failed pledge=%s", pledge_id)
        return False


def collect(*, pledge_id: UUID, now: datetime) -> bool:
    """One attempt. Returns False when another worker has the row or an attempt is under way. Raises PaymentsError."""
    pledge = CashPledge.objects.select_related("project", "backer").get(pk=pledge_id)
    ensure_payment_intent(pledge)
    payment = _begin(pledge_id, now)
    if payment is None:
        return False
    _confirm(payment, now)
    return True


def _confirm(payment: Payment, now: datetime) -> bool:
    """Send the attempt, or send it again under its own key, and apply the answer. Returns whether there was one."""
    pledge_id, intent_id = payment.pledge_id, payment.pledge.payment_intent_id
    try:
        intent = provider.confirm_off_session(
            intent=intent_id, method=payment.payment_method_id, idempotency=payment.idempotency_key
        )
    except CardRefused as refused:
        refusal = Refusal(refused.code, refused.decline_code, str(refused), refused.advice)
        apply_refusal(payment_id=payment.pk, refusal=refusal, now=now)
    except ProviderRefused as error:
        _refused(payment, error, now)
    except ProviderBusy:
        _did_not_arrive(payment, now)
        return False
    except ProviderAway:
        logger.warning("outcome_unknown payment=%s", payment.pk)
        return False
    else:
        return _booked(pledge_id, intent, now)
    return True


def _booked(pledge_id: UUID, intent: Object, now: datetime) -> bool:
    """Apply a success; False where the provider has not booked it yet, so that it is looked at again."""
    try:
        apply_payment_intent(pledge_id=pledge_id, intent=intent, now=now)
    except NotBookedYet:
        logger.info("not_booked_yet pledge=%s", pledge_id)
        return False
    return True


def _refused(payment: Payment, error: ProviderRefused, now: datetime) -> None:
    """The request itself is wrong: the intent may have succeeded meanwhile, else its holder must help."""
    intent = provider.retrieve_payment_intent(payment.pledge.payment_intent_id)
    if intent["status"] == "succeeded":
        _booked(payment.pledge_id, intent, now)
    else:
        apply_refusal(payment_id=payment.pk, refusal=Refusal(UNUSABLE, "", str(error)), now=now)


@transaction.atomic
def _did_not_arrive(payment: Payment, now: datetime) -> None:
    """The call had no effect: the row is attempted again soon."""
    lost = Payment.objects.filter(pk=payment.pk, state=Payment.State.PENDING)
    if lost.update(state=Payment.State.LOST, finished_at=now):
        waiting = CashPledge.objects.filter(pk=payment.pledge_id, state__in=(State.LOCKED, State.RETRYING))
        waiting.update(next_attempt_at=now + BUSY_PAUSE)


@transaction.atomic
def _begin(pledge_id: UUID, now: datetime) -> Payment | None:
    rows = CashPledge.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pledge_id)
    pledge = rows.chargeable(now).first()
    if pledge is None or pledge.payments.filter(state=Payment.State.PENDING).exists():
        return None
    number = pledge.attempts + 1
    CashPledge.objects.filter(pk=pledge_id).update(attempts=F("attempts") + 1)
    key = f"{settings.MODE}:confirm:{pledge_id}:{number}"
    return Payment.objects.create(
        pledge=pledge, number=number, idempotency_key=key, payment_method_id=pledge.payment_method_id, sent_at=now
    )


def resolve_unknown(*, now: datetime) -> int:
    """Ask for the outcome of attempts that have none. Returns how many were resolved."""
    open_ = Payment.objects.filter(state=Payment.State.PENDING, sent_at__lte=now - UNKNOWN_AFTER)
    resolved = 0
    with paced():
        for payment in list(open_.select_related("pledge").order_by("sent_at")[:BATCH]):
            try:
                resolved += _resolve(payment, now)
            except (PaymentsError, DatabaseError) as error:
                logger.warning("still_unknown payment=%s error=%s", payment.pk, error)
    return resolved


def _resolve(payment: Payment, now: datetime) -> bool:
    """A success is booked; else, within the life of its key, the same request is sent again and gives its answer."""
    intent = provider.retrieve_payment_intent(payment.pledge.payment_intent_id)
    if intent["status"] == "succeeded":
        return _booked(payment.pledge_id, intent, now)
    if now - payment.sent_at <= KEY_LIFETIME:
        return _confirm(payment, now)
    _did_not_arrive(payment, now)
    return True
