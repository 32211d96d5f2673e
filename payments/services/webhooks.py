"""The inbox of the provider's events: taken in first, processed after. An event is a hint; the object is asked for."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from payments import provider
from payments.errors import PaymentsError, ProviderRefused
from payments.models import CashPledge, PayoutRecipient, Refund, ReplacedCard, WebhookEvent
from payments.provider import Object
from payments.services import disputing, refunding
from payments.services.applying import refresh
from payments.services.cards import apply_new_card

logger = logging.getLogger(__name__)
# An event can come before the commit that knows its object: it is parked and tried again for a day.
PARKED_FOR = timedelta(days=1)
LOOK_BACK = timedelta(days=3)
BATCH = 500
UNKNOWN = _("unknown object")
Handler = Callable[[WebhookEvent, datetime], bool]


def take_in(*, payload: bytes, signature: str, now: datetime) -> bool:
    """Verify and store an event. Returns False when it was there. Raises ProviderRefused for a bad signature."""
    return _store(provider.read_event(payload, signature), now)


def _store(event: Object, now: datetime) -> bool:
    # A thin event of API v2 names its object without carrying it.
    item = event.get("data", {}).get("object") or event.get("related_object") or {}
    _, created = WebhookEvent.objects.get_or_create(
        event_id=event["id"],
        defaults={
            "kind": event["type"],
            "object_id": str(item.get("id", ""))[:80],
            "payload": {"id": event["id"], "type": event["type"], "object": item.get("object")},
            "received_at": now,
        },
    )
    return created


def sweep_undelivered(*, now: datetime) -> int:
    """Take in what the provider could not deliver. Returns how many were new. Raises ProviderAway, ProviderRefused."""
    return sum(_store(event, now) for event in provider.undelivered_events(since=now - LOOK_BACK))


def process_inbox(*, received_before: datetime, now: datetime) -> int:
    """Process open events; one that fails stays and never stops the others. Returns how many were processed."""
    open_events = WebhookEvent.objects.filter(processed_at=None, received_at__lte=received_before)
    events = list(open_events.order_by("attempts", "pk")[:BATCH])
    # Workers share the inbox: each goes its own way through it and passes over what another has done by then.
    random.shuffle(events)
    return sum(_process(event, received_before, now) for event in events)


def _process(event: WebhookEvent, real_now: datetime, now: datetime) -> bool:
    if not WebhookEvent.objects.filter(pk=event.pk, processed_at=None).exists():
        return False
    try:
        known = _apply(event, now)
    except (PaymentsError, DatabaseError) as error:
        logger.warning("event_failed event=%s error=%s", event.event_id, error)
        WebhookEvent.objects.filter(pk=event.pk, processed_at=None).update(
            attempts=F("attempts") + 1, error=str(error)[:300]
        )
        return False
    if known or real_now - event.received_at > PARKED_FOR:
        WebhookEvent.objects.filter(pk=event.pk).update(processed_at=real_now, error="" if known else UNKNOWN)
        return True
    WebhookEvent.objects.filter(pk=event.pk, processed_at=None).update(
        attempts=F("attempts") + 1, error=f"{UNKNOWN}, parked"
    )
    return False


def _apply(event: WebhookEvent, now: datetime) -> bool:
    """Whether the event's object is known, or none of ours to know."""
    handler = next((found for prefix, found in HANDLERS.items() if event.kind.startswith(prefix)), None)
    return handler is None or handler(event, now)


def _intent(event: WebhookEvent, now: datetime) -> bool:
    ids = Q(setup_intent_id=event.object_id) | Q(payment_intent_id=event.object_id)
    pledge = (
        CashPledge.objects.filter(ids | Q(new_setup_intent_id=event.object_id)).first() if event.object_id else None
    )
    if pledge is None:
        was_replaced = ReplacedCard.objects.filter(setup_intent_id=event.object_id).exclude(setup_intent_id="")
        return was_replaced.exists() or _adopt(event)
    if pledge.new_setup_intent_id == event.object_id:
        apply_new_card(pledge_id=pledge.pk)
    else:
        refresh(pledge_id=pledge.pk, now=now)
    return True


def _adopt(event: WebhookEvent) -> bool:
    """An intent whose creation was answered into a cut connection: it names its pledge, which has none yet."""
    is_payment = event.kind.startswith("payment_intent.")
    retrieve = provider.retrieve_payment_intent if is_payment else provider.retrieve_setup_intent
    field = "payment_intent_id" if is_payment else "setup_intent_id"
    try:
        pledge_id = UUID(str(retrieve(event.object_id)["metadata"].get("pledge", "")))
    except (ValueError, ProviderRefused):
        return False
    free = CashPledge.objects.filter(**{"pk": pledge_id, field: ""})
    return bool(free.update(**{field: event.object_id, "is_card_released": False}))


def _refund(event: WebhookEvent, now: datetime) -> bool:
    answer = provider.retrieve_refund(event.object_id)
    refund_id = str(answer["metadata"].get("refund", ""))
    known = Refund.objects.filter(Q(provider_id=event.object_id) | Q(idempotency_key__endswith=f":refund:{refund_id}"))
    refund = known.first()
    if refund is None:
        return False
    refunding.apply_refund(refund_id=refund.pk, answer=answer, now=now)
    return True


def _dispute(event: WebhookEvent, now: datetime) -> bool:
    return disputing.refresh_dispute(provider_id=event.object_id, now=now)


def _recipient(event: WebhookEvent, now: datetime) -> bool:
    recipient = PayoutRecipient.objects.filter(account_id=event.object_id).first()
    if recipient is None:
        return False
    is_active = provider.can_receive_transfers(recipient.account_id)
    PayoutRecipient.objects.filter(pk=recipient.pk).update(is_active=is_active, checked_at=now)
    return True


HANDLERS: dict[str, Handler] = {
    "setup_intent.": _intent,
    "payment_intent.": _intent,
    "refund.": _refund,
    "charge.refund.": _refund,
    "charge.dispute.": _dispute,
    "account.": _recipient,
    "v2.core.account": _recipient,
}
