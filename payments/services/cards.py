"""Getting a card for a pledge: customer and intent at the provider, then what the browser needs to confirm it.

No transaction is open across a call; ids are written with compare-and-set, so two tabs share one intent.
"""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.models import User
from payments import provider
from payments.errors import ProviderAway, ProviderRefused
from payments.models import CashPledge, ProviderCustomer, ReplacedCard
from payments.provider import Object
from payments.services.applying import card_facts, locked

State = CashPledge.State


def customer_of(user: User) -> str:
    """The backer's customer, made when there is none. Raises ProviderAway, ProviderRefused."""
    known = ProviderCustomer.objects.filter(user=user).first()
    if known is None:
        made = provider.create_customer(email=user.email, user_id=user.pk)
        known, _ = ProviderCustomer.objects.get_or_create(user=user, defaults={"customer_id": made["id"]})
    return known.customer_id


def _remember(pledge: CashPledge, field: str, intent: Object) -> None:
    CashPledge.objects.filter(pk=pledge.pk, **{field: ""}).update(**{field: intent["id"]})
    pledge.refresh_from_db(fields=[field])


def ensure_setup_intent(pledge: CashPledge) -> Object:
    """The intent that saves the card, or the one that replaces it. Raises ProviderAway, ProviderRefused."""
    field = "new_setup_intent_id" if pledge.state == State.ACTIVE else "setup_intent_id"
    if not getattr(pledge, field):
        number = f":{pledge.card_changes + 1}" if pledge.state == State.ACTIVE else ""
        made = provider.create_setup_intent(customer=customer_of(pledge.backer), pledge_id=f"{pledge.pk}{number}")
        _remember(pledge, field, made)
    return provider.retrieve_setup_intent(getattr(pledge, field))


def ensure_payment_intent(pledge: CashPledge) -> str:
    """The pledge's one PaymentIntent, unconfirmed and stored before any use. Raises ProviderAway, ProviderRefused."""
    if not pledge.payment_intent_id:
        made = provider.create_payment_intent(
            customer=customer_of(pledge.backer), pledge_id=pledge.pk, amount=pledge.total_minor,
            currency=pledge.currency, project_id=pledge.project_id, saves_card=pledge.support_id is not None,
        )  # fmt: skip
        _remember(pledge, "payment_intent_id", made)
    return pledge.payment_intent_id


def browser_facts(pledge: CashPledge) -> dict[str, Any]:
    """What the card page needs: `client_secret` and the kind of confirmation. Raises ProviderAway, ProviderRefused."""
    needs_payment = pledge.is_charged_at_once or pledge.state in CashPledge.COLLECTING
    if needs_payment:
        intent = provider.retrieve_payment_intent(ensure_payment_intent(pledge))
        return {"client_secret": intent["client_secret"], "kind": "payment"}
    return {"client_secret": ensure_setup_intent(pledge)["client_secret"], "kind": "setup"}


def apply_new_card(*, pledge_id: UUID) -> bool:
    """Ask whether the card that replaces another was saved, and take it. Raises ProviderAway, ProviderRefused."""
    intent_id = CashPledge.objects.values_list("new_setup_intent_id", flat=True).get(pk=pledge_id)
    if not intent_id:
        return False
    intent = provider.retrieve_setup_intent(intent_id)
    return intent["status"] == "succeeded" and _replace_card(pledge_id, intent)


@transaction.atomic
def _replace_card(pledge_id: UUID, intent: Object) -> bool:
    pledge = locked(pledge_id)
    card = card_facts(intent["payment_method"])
    if pledge.new_setup_intent_id != intent["id"] or pledge.state not in (State.ACTIVE, *CashPledge.COLLECTING):
        return False
    ReplacedCard.objects.create(
        pledge=pledge, payment_method_id=pledge.payment_method_id, setup_intent_id=pledge.setup_intent_id
    )
    CashPledge.objects.filter(pk=pledge_id).update(
        setup_intent_id=intent["id"], new_setup_intent_id="", card_changes=pledge.card_changes + 1, **card
    )
    return True


def let_replaced_cards_go(*, now: datetime, limit: int = 200) -> int:
    """Detach cards that others replaced. Returns how many. A provider that is away is asked again."""
    done = 0
    for card in list(ReplacedCard.objects.filter(released_at=None)[:limit]):
        try:
            with contextlib.suppress(ProviderRefused):  # Detached before.
                provider.detach_card(card.payment_method_id, f"{settings.MODE}:detach-replaced:{card.pk}")
        except ProviderAway:
            continue
        done += ReplacedCard.objects.filter(pk=card.pk, released_at=None).update(released_at=now)
    return done
