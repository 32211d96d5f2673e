"""Celery's part of payments. Rows are the queue; each task is a sweep that finds its work from state."""

from celery import shared_task
from django.utils import timezone

from clock.services import business_now
from payments.services import collecting, endings, mails, pledging, reconciling, webhooks


@shared_task
def process_webhooks() -> int:
    """Apply what the provider told us of."""
    return webhooks.process_inbox(received_before=timezone.now(), now=business_now())


@shared_task
def collect_payments() -> int:
    """Lock, charge, look unknown outcomes up."""
    now = business_now()
    collecting.freeze_projects(now=now)
    collecting.resolve_unknown(now=now)
    return collecting.collect_due(now=now)


@shared_task
def end_payments() -> int:
    """Release, drop, refund, and say when collecting is over."""
    now = business_now()
    endings.remind(now=now)
    ended = endings.release_failed(now=now) + endings.drop_expired(now=now)
    ended += endings.finish_collecting(now=now) + endings.refund_due(now=now)
    return ended + endings.let_cards_go(now=now) + pledging.expire_started(now=now)


@shared_task
def settle_payments() -> int:
    """Book what became available."""
    return endings.settle_available(now=business_now())


@shared_task
def send_pledge_mail() -> int:
    """Send queued mail."""
    return mails.send_due(now=timezone.now())


@shared_task
def reconcile_payments() -> int:
    """Compare the ledger with the provider."""
    return len(reconciling.reconcile(now=timezone.now()))
