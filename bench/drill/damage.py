"""Damage that the verdict must find, done on purpose: `--damage NAME` proves that the drill can fail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from clock.services import business_now
from payments import provider
from payments.models import CashPledge
from payments.services.cards import ensure_payment_intent

State = CashPledge.State


def _a_charged_pledge() -> CashPledge:
    return CashPledge.objects.filter(state=State.COLLECTED, support=None).select_related("backer").order_by("pk")[0]


def _charge(pledge: CashPledge, intent: str) -> None:
    values: Any = {"payment_method": "pm_card_bypassPending"}
    provider.client().v1.payment_intents.confirm(intent, values)


def second_charge() -> None:
    """Somebody charges a backer again, for the same pledge, past the platform."""
    pledge = _a_charged_pledge()
    values: Any = {
        "amount": pledge.total_minor, "currency": pledge.currency.lower(), "payment_method_types": ["card"],
        "metadata": {"pledge": str(pledge.pk)},
    }  # fmt: skip
    intent = provider.client().v1.payment_intents.create(values).to_dict()
    _charge(pledge, intent["id"])


def charge_nobody_booked() -> None:
    """A charge succeeds at the provider, and no word of it ever reaches the ledger."""
    source = _a_charged_pledge()
    pledge = CashPledge.objects.create(
        client_token=uuid4(), project_id=source.project_id, backer=source.backer, amount_minor=source.amount_minor,
        currency=source.currency, created_at=business_now(), is_charged_at_once=True,
    )  # fmt: skip
    _charge(pledge, ensure_payment_intent(pledge))


def stuck_pledge() -> None:
    """A pledge is to be charged, and nobody comes."""
    source = _a_charged_pledge()
    now = business_now()
    CashPledge.objects.create(
        client_token=uuid4(), project_id=source.project_id, backer=source.backer, amount_minor=source.amount_minor,
        currency=source.currency, created_at=now, state=State.LOCKED, next_attempt_at=now - timedelta(days=1),
        fix_ends_at=now + timedelta(days=6),
    )  # fmt: skip


DAMAGES = {
    "second-charge": second_charge,
    "charge-nobody-booked": charge_nobody_booked,
    "stuck-pledge": stuck_pledge,
}
