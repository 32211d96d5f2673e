"""What is still on its way, each kind counted: at the end of the drill nothing is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from payments.models import CashPledge, Dispute, Payment, Payout, Refund, WebhookEvent
from payments.services.endings import UNTRIED_GRACE
from payments.services.pledging import START_LIFETIME
from projects.models import Project

State, Life = CashPledge.State, Project.State
DEAD = (Life.FAILED, Life.CANCELED)


def unsettled(now: datetime) -> dict[str, int]:
    """Kind to number, without the kinds that are settled."""
    found = {name: rows.count() for name, rows in {**_pledges(now), **_rest(now)}.items()}
    return {name: number for name, number in found.items() if number}


def _pledges(now: datetime) -> dict[str, QuerySet[CashPledge]]:
    rows = CashPledge.objects.all()
    due = Q(next_attempt_at__lte=now) | Q(next_attempt_at=None)
    left = Q(refunded_minor__lt=F("amount_minor") + F("tip_minor"))
    # The bank sent the refund back: that money waits for staff, and is no longer on its way.
    sent_back = Exists(Refund.objects.filter(pledge=OuterRef("pk"), state=Refund.State.FAILED).exclude(provider_id=""))
    open_dispute = Exists(Dispute.objects.filter(pledge=OuterRef("pk"), state__in=Dispute.OPEN))
    return {
        "pledges never saved": rows.filter(state=State.STARTED, created_at__lte=now - START_LIFETIME),
        "pledges to charge": rows.filter(due, state__in=(State.LOCKED, State.RETRYING)),
        "pledges past their fix window": rows.filter(
            state__in=CashPledge.COLLECTING, fix_ends_at__lte=now - UNTRIED_GRACE
        ),
        "pledges of closed projects": rows.filter(state=State.ACTIVE).exclude(project__state=Life.LIVE),
        "charges of dead projects": rows.filter(left, ~sent_back, state=State.COLLECTED, project__state__in=DEAD),
        "charges not settled": rows.filter(state__in=CashPledge.CHARGED, settled_at=None),
        "disputes without an end": rows.filter(~open_dispute, state=State.DISPUTED),
        "cards not let go": rows.filter(
            ~Q(payment_method_id="") | ~Q(payment_intent_id=""), is_card_released=False,
            state__in=(State.RELEASED, State.CANCELED, State.DROPPED),
        ),
    }  # fmt: skip


def _rest(now: datetime) -> dict[str, QuerySet[Any]]:
    return {
        "attempts without an outcome": Payment.objects.filter(state=Payment.State.PENDING),
        "refunds not sent": Refund.objects.filter(state=Refund.State.PENDING),
        "refunds at the bank": Refund.objects.filter(state=Refund.State.SENT, next_attempt_at__lte=now),
        "disputes past their day": Dispute.objects.filter(state__in=Dispute.OPEN, due_at__lte=now),
        "payouts not sent": Payout.objects.filter(state=Payout.State.RELEASED),
        "projects not closed": Project.objects.filter(state=Life.LIVE, deadline_at__lte=now),
        "projects collecting": Project.objects.filter(state=Life.COLLECTING),
        "webhooks not processed": WebhookEvent.objects.filter(processed_at=None, received_at__lte=timezone.now()),
    }
