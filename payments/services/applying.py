"""What the provider says about an intent, applied to the pledge. One handler for its answers, webhooks and retrievals.

Each application is monotone and happens under the pledge's lock: twice, late or out of order changes nothing. Locks
and daily sums are always touched in the same order: pledge, project, history, ledger, contributions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments import provider
from payments.errors import NotBookedYet
from payments.models import CashPledge, Payment
from payments.provider import Object
from payments.services import postings, supporting
from payments.services.balance_records import remember
from payments.services.ledger import Statement, post
from payments.services.mails import write_mail
from payments.services.pledging import count, free_rewards
from payments.states import change_state
from projects.models import Project

State = CashPledge.State
FIX_WINDOW = timedelta(days=7)
RETRY_DAYS = (1, 3, 5, 6)
ENDED = (State.CANCELED, State.DROPPED)
CHARGED_LATE = _("Charged after it had ended; it is refunded.")
UNUSABLE = "unusable"
# Declines after which the same card is not tried again; the network forbids it or it cannot help.
HARD = frozenset({"lost_card", "stolen_card", "pickup_card", "expired_card", "revocation_of_authorization"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an attempt was refused, in the provider's codes, with a sentence for the holder."""

    code: str
    decline_code: str
    message: str
    advice: str = ""

    @property
    def needs_holder(self) -> bool:
        """Whether trying the same card again cannot help or is forbidden."""
        asks = self.code in ("authentication_required", UNUSABLE)
        return asks or self.decline_code in HARD or self.advice == "do_not_try_again"


def refresh(*, pledge_id: UUID, now: datetime) -> CashPledge:
    """Ask the provider and apply its answer. Raises ProviderAway, NotBookedYet, ProviderRefused."""
    pledge = CashPledge.objects.get(pk=pledge_id)
    if pledge.payment_intent_id:
        apply_payment_intent(
            pledge_id=pledge_id, intent=provider.retrieve_payment_intent(pledge.payment_intent_id), now=now
        )
    elif pledge.setup_intent_id and pledge.state == State.STARTED:
        apply_setup_intent(pledge_id=pledge_id, intent=provider.retrieve_setup_intent(pledge.setup_intent_id), now=now)
    return CashPledge.objects.select_related("project", "backer", "reward").get(pk=pledge_id)


def locked(pledge_id: UUID) -> CashPledge:
    """The pledge under its row lock."""
    return CashPledge.objects.select_for_update(of=("self",)).select_related("project", "backer").get(pk=pledge_id)


def card_facts(method: Any) -> dict[str, str]:
    """Columns of a card: its id, `Visa ending in 4242`, its fingerprint. Empty values where unknown."""
    card = method.get("card") if isinstance(method, dict) else None
    return {
        "payment_method_id": str(method["id"] if isinstance(method, dict) else method or ""),
        "card_label": gettext("%(capitalize)s ending in %(last4)s")
        % {"capitalize": str(card["brand"]).capitalize(), "last4": card["last4"]}
        if card
        else "",
        "card_fingerprint": str(card.get("fingerprint") or "")[:40] if card else "",
    }


@transaction.atomic
def apply_setup_intent(*, pledge_id: UUID, intent: Object, now: datetime) -> None:
    """A saved card makes the pledge count; too late, it is canceled and the card let go."""
    pledge = locked(pledge_id)
    if intent["status"] != "succeeded" or pledge.state not in (State.STARTED, State.CANCELED):
        return
    card = card_facts(intent["payment_method"])
    if pledge.state == State.CANCELED:
        CashPledge.objects.filter(pk=pledge.pk, payment_method_id="").update(**card)
        return
    project = Project.objects.select_for_update(no_key=True).get(pk=pledge.project_id)
    if project.state != Project.State.LIVE or project.deadline_at <= now:
        change_state(
            pledge=pledge, target=State.CANCELED, now=now, reason=gettext("The card came after the deadline."), **card
        )
        free_rewards(pledge)
        return
    change_state(pledge=pledge, target=State.ACTIVE, now=now, activated_at=now, **card)
    count(pledge, "saved", pledge.amount_minor, now)
    write_mail(pledge=pledge, kind="saved", now=now)


@transaction.atomic
def apply_payment_intent(*, pledge_id: UUID, intent: Object, now: datetime) -> None:
    """A succeeded charge is collected and posted once; anything else leaves the pledge where it is.

    Raises NotBookedYet while the provider has no balance transaction for the charge: nothing is changed then.
    """
    pledge = locked(pledge_id)
    if intent["status"] != "succeeded" or pledge.state in CashPledge.CHARGED:
        return
    if not intent["latest_charge"]["balance_transaction"]:
        raise NotBookedYet(gettext("The charge is not booked at the provider yet."))
    charge, was_started, has_ended = intent["latest_charge"], pledge.state == State.STARTED, pledge.state in ENDED
    pledge.payments.filter(state=Payment.State.PENDING).update(state=Payment.State.SUCCEEDED, finished_at=now)
    card = {name: value for name, value in card_facts(intent["payment_method"]).items() if value}
    change_state(
        pledge=pledge, target=State.COLLECTED, now=now, collected_at=now, last_message="", next_attempt_at=None,
        reason=str(CHARGED_LATE) if has_ended else "", **card,
    )  # fmt: skip
    remember(charge["balance_transaction"])
    statement = Statement.of(charge["balance_transaction"])
    post(postings.charge(pledge=pledge, presented=charge["amount"], statement=statement), now=now)
    # A later month of a support was never saved on its own: it comes to count with its charge.
    if was_started or (pledge.support_id is not None and not has_ended):
        count(pledge, "saved", pledge.amount_minor, now)
    count(pledge, "collected", pledge.amount_minor, now, stage="realized")
    if has_ended:
        return  # The charge was under way when the pledge ended: it is booked here, and refunded by the sweep.
    supporting.month_was_paid(pledge=pledge, now=now)
    write_mail(pledge=pledge, kind="collected", now=now)


@transaction.atomic
def apply_refusal(*, payment_id: int, refusal: Refusal, now: datetime) -> None:
    """A refused attempt: ask the holder, ask for another card, or try again on the next of the fixed days."""
    payment = Payment.objects.get(pk=payment_id)
    pledge = locked(payment.pledge_id)
    updated = Payment.objects.filter(pk=payment_id, state=Payment.State.PENDING).update(
        state=Payment.State.REFUSED,
        code=refusal.code,
        decline_code=refusal.decline_code,
        finished_at=now,
        message=refusal.message[:300],
    )
    if not updated or pledge.state not in CashPledge.COLLECTING:
        return
    next_at = _next_attempt(pledge, now)
    asks = refusal.needs_holder or next_at is None
    target = State.NEEDS_ACTION if asks else State.RETRYING
    fields: dict[str, Any] = {"last_message": refusal.message[:300], "next_attempt_at": None if asks else next_at}
    if not change_state(
        pledge=pledge, target=target, now=now, reason=f"{refusal.code} {refusal.decline_code}", **fields
    ):
        CashPledge.objects.filter(pk=pledge.pk).update(**fields)
    write_mail(pledge=pledge, kind="repair", now=now, number=pledge.attempts)


def _next_attempt(pledge: CashPledge, now: datetime) -> datetime | None:
    assert pledge.fix_ends_at is not None
    began = pledge.fix_ends_at - FIX_WINDOW
    return next((began + timedelta(days=day) for day in RETRY_DAYS if began + timedelta(days=day) > now), None)
