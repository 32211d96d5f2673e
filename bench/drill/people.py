"""What backers and creators do, through the real services, with the stripe library in the place of their browser."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import Any

import requests
import stripe

from accounts.models import User
from bench.drill.patience import STRIPE_AWAY, keep_trying
from bench.drill.plan import PledgePlan
from clock.services import business_now
from payments import provider
from payments.errors import PaymentsError
from payments.models import CashPledge, Dispute, Refund
from payments.services import cards, disputing, refunding, supporting
from payments.services.applying import refresh
from payments.services.pledging import Choice, cancel_pledge, change_pledge, start_pledge
from projects.models import Project, Reward
from values.money import Money

CONFIRM_TRIES = 60
GOOD_CARD = "pm_card_visa"
State = CashPledge.State


@dataclass(slots=True)
class Cast:
    """Who and what there is: projects with their reward and add-on, backers, an admin."""

    projects: list[Project]
    rewards: list[Reward]
    add_ons: list[Reward]
    backers: list[User]
    admin: User


def pledge(cast: Cast, item: PledgePlan) -> None:
    """From the first click to the saved or charged card, and what a few do to their pledge afterwards."""
    made = keep_trying(lambda: _start(cast, item))
    if item.change == "leave":
        return
    for card in (item.card, GOOD_CARD):
        if pay(made, card) == "succeeded" or item.repair == "nothing":
            break
    if item.returns or item.change:
        keep_trying(lambda: refresh(pledge_id=made.pk, now=business_now()))
    with contextlib.suppress(PaymentsError):  # A charged pledge is not changed any more, as its backer is told.
        _change(cast, item, made)


def _start(cast: Cast, item: PledgePlan) -> CashPledge:
    start = supporting.start_support if item.when == "monthly" else start_pledge
    return start(
        project=Project.objects.get(pk=cast.projects[item.project].pk), backer=cast.backers[item.backer],
        choice=choice(cast, item), client_token=item.token, now=business_now(),
    )  # fmt: skip


def choice(cast: Cast, item: PledgePlan, more: int = 0) -> Choice:
    """What the plan wants; `more` minor units on top."""
    currency = cast.projects[item.project].currency
    return Choice(
        amount=Money(item.amount + more, currency),
        reward=cast.rewards[item.project] if item.with_reward else None,
        tip=Money(item.tip, currency) if item.tip else None,
        add_ons={cast.add_ons[item.project]: item.add_ons} if item.add_ons else {},
        is_monthly=item.when == "monthly",
    )


def _change(cast: Cast, item: PledgePlan, made: CashPledge) -> None:
    if item.change == "amount":
        wanted = choice(cast, item, more=500)
        keep_trying(lambda: change_pledge(pledge_id=made.pk, choice=wanted, now=business_now()))
    elif item.change == "cancel":
        keep_trying(lambda: cancel_pledge(pledge_id=made.pk, now=business_now()))
    elif item.change == "card" and keep_trying(lambda: CashPledge.objects.get(pk=made.pk)).state == State.ACTIVE:
        pay(made, "pm_card_mastercard")
        keep_trying(lambda: cards.apply_new_card(pledge_id=made.pk))


def pay(made: CashPledge, card: str, *, passes: bool = True) -> str:
    """Confirm with a card as the card page does. Returns succeeded, processing, refused or gone."""
    rows = CashPledge.objects.select_related("backer", "project")
    facts = keep_trying(lambda: cards.browser_facts(rows.get(pk=made.pk)))
    client = provider.client().v1
    intents: Any = client.setup_intents if facts["kind"] == "setup" else client.payment_intents
    return confirm(intents, str(facts["client_secret"]).split("_secret_")[0], card, passes=passes)


def confirm(intents: Any, intent_id: str, card: str, *, passes: bool) -> str:
    """What Stripe.js does: confirm, ask the bank where it wants, look again after an answer that was lost."""
    for _ in range(CONFIRM_TRIES):
        intent = _confirm_once(intents, intent_id, card)
        if intent is None:
            return "refused"
        if intent["status"] == "requires_action":
            intent = _ask_the_bank(intents, intent, passes=passes)
            if intent["status"] == "requires_payment_method":
                return "refused"
        if intent["status"] in ("succeeded", "processing", "canceled"):
            return str(intent["status"])
        time.sleep(0.1)
    return "gone"


def _confirm_once(intents: Any, intent_id: str, card: str) -> dict[str, Any] | None:
    """The intent afterwards; None when the card was refused."""
    try:
        return dict(intents.confirm(intent_id, {"payment_method": card}).to_dict())
    except stripe.CardError:
        return None
    except (stripe.InvalidRequestError, *STRIPE_AWAY):
        return keep_trying(lambda: dict(intents.retrieve(intent_id).to_dict()))


def _ask_the_bank(intents: Any, intent: dict[str, Any], *, passes: bool) -> dict[str, Any]:
    action = intent["next_action"]
    address = (action.get("use_stripe_sdk") or action.get("redirect_to_url"))["url"]
    answer = {"answer": "pass" if passes else "fail"}
    keep_trying(lambda: requests.post(address, data=answer, timeout=20, allow_redirects=False))
    return keep_trying(lambda: dict(intents.retrieve(intent["id"]).to_dict()))


def repair(item: PledgePlan, made: CashPledge) -> None:
    """The holder opens the link of the mail: another card, the same one, or a failed question of the bank."""
    if item.repair == "nothing":
        return
    with contextlib.suppress(PaymentsError):  # Dropped or charged in this very moment.
        pay(made, GOOD_CARD if item.repair == "card" else item.card, passes=item.repair != "fail")
        if item.returns:
            keep_trying(lambda: refresh(pledge_id=made.pk, now=business_now()))


def give_back(item: PledgePlan, made: CashPledge, by: User) -> None:
    """The creator refunds part or all of it, once, whatever was lost on the way."""
    amount = None if item.refund == 1 else max(1, int(made.total_minor * item.refund))

    def ask() -> None:
        if not made.refunds.filter(cause=Refund.Cause.CREATOR).exists():
            refunding.refund_from_project(
                pledge_id=made.pk, amount=amount, cause=Refund.Cause.CREATOR, reason="Asked for it.", by=by,
                now=business_now(),
            )  # fmt: skip

    with contextlib.suppress(PaymentsError):  # Disputed meanwhile, or nothing is left.
        keep_trying(ask)


def answer_dispute(dispute: Dispute, text: str, by: User) -> None:
    """The creator hands evidence in; the words decide at the stand-in."""

    def hand_in() -> None:
        disputing.submit_evidence(dispute_id=dispute.pk, text=text, by=by, now=business_now())

    with contextlib.suppress(PaymentsError):  # Handed in before its answer was lost, or decided meanwhile.
        keep_trying(hand_in)
