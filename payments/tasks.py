"""Celery's part of payments. Rows are the queue; each task is a sweep that finds its work from state."""

from celery import shared_task
from django.utils import timezone

from clock.services import business_now, business_offset
from payments.provider import follow_clock
from payments.services import (
    cards,
    collecting,
    disputing,
    endings,
    fulfilling,
    mails,
    paying_out,
    reconciling,
    refunding,
    settling,
    supporting,
    webhooks,
)


@shared_task
def process_webhooks() -> int:
    """Apply what the provider told us of."""
    return webhooks.process_inbox(received_before=timezone.now(), now=business_now())


@shared_task
def sweep_events() -> int:
    """Fetch events that could not be delivered, and look at what the bank decides."""
    found = webhooks.sweep_undelivered(now=timezone.now())
    return found + disputing.refresh_open(now=business_now())


@shared_task
def collect_payments() -> int:
    """Lock, charge, look unknown outcomes up."""
    now = business_now()
    supporting.plan_months(now=now)
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
    ended += endings.let_cards_go(now=now) + cards.let_replaced_cards_go(now=now)
    return ended + endings.expire_started(now=now)


@shared_task
def send_money() -> int:
    """Send refunds and released payouts."""
    now = business_now()
    return refunding.send_refunds(now=now) + paying_out.send_payouts(now=now)


@shared_task
def settle_payments() -> int:
    """Book what became available."""
    follow_clock(int(business_offset().total_seconds()))
    return settling.settle_available(now=business_now())


@shared_task
def send_pledge_mail() -> int:
    """Send queued mail."""
    return mails.send_due(now=timezone.now())


@shared_task
def reconcile_payments() -> int:
    """Compare the ledger with the provider, from a little before the last look."""
    return len(reconciling.reconcile(now=business_now(), listed_at=timezone.now()))


@shared_task
def reconcile_payments_whole() -> int:
    """Compare the ledger with everything that the provider lists."""
    return len(reconciling.reconcile(now=business_now(), listed_at=timezone.now(), whole=True))


@shared_task
def open_rewards() -> int:
    """Owe the rewards of charged pledges, and no longer those of refunded ones."""
    return fulfilling.open_rewards(now=business_now())
