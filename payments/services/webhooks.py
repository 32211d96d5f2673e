"""The inbox of the provider's events: taken in first, processed after. An event is a hint; the object is asked for."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import F, Q

from payments.errors import PaymentsError
from payments.models import CashPledge, WebhookEvent
from payments.provider import Object, read_event
from payments.services.applying import refresh

logger = logging.getLogger(__name__)
# An event can come before the commit that knows its object: it is parked and tried again for a day.
PARKED_FOR = timedelta(days=1)
BATCH = 200


def take_in(*, payload: bytes, signature: str, now: datetime) -> bool:
    """Verify and store an event. Returns False when it was there. Raises ProviderRefused for a bad signature."""
    event: Object = read_event(payload, signature)
    item = event["data"]["object"]
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


def process_inbox(*, received_before: datetime, now: datetime) -> int:
    """Process open events; one that fails stays and never stops the others. Returns how many were processed."""
    open_events = WebhookEvent.objects.filter(processed_at=None, received_at__lte=received_before)
    return sum(_process(event, received_before, now) for event in list(open_events.order_by("pk")[:BATCH]))


def _process(event: WebhookEvent, real_now: datetime, now: datetime) -> bool:
    try:
        known = _apply(event, now)
    except (PaymentsError, DatabaseError) as error:
        logger.warning("event_failed event=%s error=%s", event.event_id, error)
        WebhookEvent.objects.filter(pk=event.pk).update(attempts=F("attempts") + 1, error=str(error)[:300])
        return False
    if known or real_now - event.received_at > PARKED_FOR:
        WebhookEvent.objects.filter(pk=event.pk).update(processed_at=real_now, error="" if known else "unknown object")
        return True
    WebhookEvent.objects.filter(pk=event.pk).update(attempts=F("attempts") + 1, error="unknown object, parked")
    return False


def _apply(event: WebhookEvent, now: datetime) -> bool:
    """Whether the event's object is known, or none of ours to know."""
    if not event.kind.startswith(("setup_intent.", "payment_intent.")):
        return True
    found = CashPledge.objects.filter(Q(setup_intent_id=event.object_id) | Q(payment_intent_id=event.object_id))
    pledge = found.exclude(setup_intent_id="", payment_intent_id="").first()
    if pledge is None:
        return False
    refresh(pledge_id=pledge.pk, now=now)
    return True
