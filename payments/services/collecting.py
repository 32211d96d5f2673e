"""Charging the pledges of a funded project: rows are the queue, an attempt is committed before its call.

A PaymentIntent succeeds at most once, so neither a second worker nor a lost answer charges twice.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F

from payments import provider
from payments.errors import CardRefused, PaymentsError, ProviderAway, ProviderRefused
from payments.models import CashPledge, Payment
from payments.services.applying import FIX_WINDOW, UNUSABLE, Refusal, apply_payment_intent, apply_refusal
from payments.services.cards import ensure_payment_intent
from payments.states import change_many
from projects.models import Project

logger = logging.getLogger(__name__)
State = CashPledge.State
BATCH = 200
# An attempt without an outcome is looked up, never sent again, once its call cannot be under way any more.
UNKNOWN_AFTER = timedelta(seconds=2 * provider.TIMEOUT_SECONDS)


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


def collect_due(*, now: datetime) -> int:
    """Attempt what is due; one bad row never stops the others. Returns how many attempts were made."""
    due = CashPledge.objects.filter(
        project__state=Project.State.COLLECTING, state__in=(State.LOCKED, State.RETRYING), next_attempt_at__lte=now
    )
    done = 0
    for pledge_id in list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:BATCH]):
        try:
            done += collect(pledge_id=pledge_id, now=now)
        except (PaymentsError, DatabaseError):
            logger.exception("collecting_failed pledge=%s", pledge_id)
    return done


def collect(*, pledge_id: UUID, now: datetime) -> bool:
    """One attempt. Returns False when another worker has the row or an attempt is under way. Raises PaymentsError."""
    pledge = CashPledge.objects.select_related("project", "backer").get(pk=pledge_id)
    intent_id = ensure_payment_intent(pledge)
    payment = _begin(pledge_id, now)
    if payment is None:
        return False
    try:
        intent = provider.confirm_off_session(
            intent=intent_id, method=pledge.payment_method_id, key=payment.idempotency_key
        )
    except CardRefused as refused:
        refusal = Refusal(refused.code, refused.decline_code, str(refused), refused.advice)
        apply_refusal(payment_id=payment.pk, refusal=refusal, now=now)
    except ProviderRefused as error:
        # The request itself is wrong, a detached card for example: the same again cannot help, its holder can.
        apply_refusal(payment_id=payment.pk, refusal=Refusal(UNUSABLE, "", str(error)), now=now)
    except ProviderAway:
        logger.warning("outcome_unknown payment=%s", payment.pk)
    else:
        apply_payment_intent(pledge_id=pledge_id, intent=intent, now=now)
    return True


@transaction.atomic
def _begin(pledge_id: UUID, now: datetime) -> Payment | None:
    rows = CashPledge.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        pk=pledge_id,
        project__state=Project.State.COLLECTING,
        state__in=(State.LOCKED, State.RETRYING),
        next_attempt_at__lte=now,
    )
    pledge = rows.first()
    if pledge is None or pledge.payments.filter(state=Payment.State.PENDING).exists():
        return None
    number = pledge.attempts + 1
    CashPledge.objects.filter(pk=pledge_id).update(attempts=F("attempts") + 1)
    key = f"{settings.MODE}:confirm:{pledge_id}:{number}"
    return Payment.objects.create(pledge=pledge, number=number, idempotency_key=key, sent_at=now)


def resolve_unknown(*, now: datetime) -> int:
    """Look attempts without an outcome up at the provider. Returns how many were resolved."""
    open_ = Payment.objects.filter(state=Payment.State.PENDING, sent_at__lte=now - UNKNOWN_AFTER)
    resolved = 0
    for payment in list(open_.select_related("pledge")[:BATCH]):
        try:
            resolved += _resolve(payment, now)
        except PaymentsError as error:
            logger.warning("still_unknown payment=%s error=%s", payment.pk, error)
    return resolved


def _resolve(payment: Payment, now: datetime) -> bool:
    intent = provider.retrieve_payment_intent(payment.pledge.payment_intent_id)
    apply_payment_intent(pledge_id=payment.pledge_id, intent=intent, now=now)
    payment.refresh_from_db()
    if payment.state != Payment.State.PENDING:
        return True
    if error := intent.get("last_payment_error"):
        facts = [str(error.get(name) or "") for name in ("code", "decline_code", "message", "advice_code")]
        apply_refusal(payment_id=payment.pk, refusal=Refusal(*facts), now=now)
    else:
        # The intent was never confirmed: the call did not arrive, and the row may be attempted again.
        Payment.objects.filter(pk=payment.pk, state=Payment.State.PENDING).update(
            state=Payment.State.LOST, finished_at=now
        )
    return True
