"""Sending messages: claimed one by one, sent outside any transaction, tried again on a schedule, logged."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from api.hooks.calling import WHOLE_SECONDS, Outcome, post
from api.hooks.notices import tell_disabled
from api.hooks.signing import headers_of
from api.models import HookAttempt, HookEndpoint, HookMessage

# After each failed attempt; the last one gives the message up, some three days after the first.
WAITS = tuple(timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400))
DISABLE_AFTER = timedelta(days=5)
GONE = 410
AT_ONCE, THREADS = 64, 8
CLAIMED_FOR = timedelta(seconds=WHOLE_SECONDS * 10)
State = HookMessage.State


def send_due(*, send: Callable[..., Outcome] = post) -> int:
    """Send what is due; returns how many were taken. A crash between claim and record only delays a message."""
    now = timezone.now()
    due = HookMessage.objects.filter(
        state=State.PENDING, next_at__lte=now, endpoint__state=HookEndpoint.State.ACTIVE
    ).order_by("next_at", "pk")
    claimed = [pk for pk in due.values_list("pk", flat=True)[:AT_ONCE] if _claim(pk, now)]
    messages = list(HookMessage.objects.filter(pk__in=claimed).select_related("endpoint"))
    with ThreadPoolExecutor(THREADS) as pool:
        # Signed at the moment of sending, by threads that touch no database.
        outcomes = list(pool.map(lambda message: _send(message, send), messages))
    for message, outcome in zip(messages, outcomes, strict=True):
        record(message=message, outcome=outcome, now=timezone.now())
    return sum(outcome.is_taken for outcome in outcomes)


def _claim(pk: int, now: datetime) -> bool:
    waiting = HookMessage.objects.filter(pk=pk, state=State.PENDING, next_at__lte=now)
    return bool(waiting.update(next_at=now + CLAIMED_FOR, attempts=F("attempts") + 1))


def _send(message: HookMessage, send: Callable[..., Outcome]) -> Outcome:
    endpoint = message.endpoint
    headers = headers_of(endpoint=endpoint, message_id=message.message_id, body=message.body, at=timezone.now())
    return send(url=endpoint.url, body=message.body, headers=headers)


@transaction.atomic
def record(*, message: HookMessage, outcome: Outcome, now: datetime) -> None:
    """Log the attempt, and plan the next one where it failed."""
    HookAttempt.objects.create(
        message=message, status=outcome.status, answer=outcome.answer, milliseconds=outcome.milliseconds, made_at=now
    )
    endpoint = HookEndpoint.objects.select_for_update().get(pk=message.endpoint_id)
    if outcome.is_taken:
        HookMessage.objects.filter(pk=message.pk).update(state=State.DELIVERED)
        endpoint.failing_since = None
        endpoint.save(update_fields=["failing_since"])
        return
    waits = WAITS[message.attempts - 1 : message.attempts]
    after = {"next_at": now + waits[0]} if waits else {"state": State.FAILED}
    HookMessage.objects.filter(pk=message.pk).update(**after)
    _note_failure(endpoint, outcome, now)


def _note_failure(endpoint: HookEndpoint, outcome: Outcome, now: datetime) -> None:
    endpoint.failing_since = endpoint.failing_since or now
    is_over = outcome.status == GONE or now - endpoint.failing_since >= DISABLE_AFTER
    if is_over and endpoint.state == HookEndpoint.State.ACTIVE:
        endpoint.state = HookEndpoint.State.DISABLED
        tell_disabled(endpoint=endpoint, now=now)
    endpoint.save(update_fields=["failing_since", "state"])


def redeliver(*, message: HookMessage, now: datetime) -> None:
    """Send it again from the start, whatever became of it."""
    HookMessage.objects.filter(pk=message.pk).update(state=State.PENDING, attempts=0, next_at=now)
