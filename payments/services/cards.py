"""Getting a card for a pledge: customer and intent at the provider, then what the browser needs to confirm it.

No transaction is open across a call; ids are written with compare-and-set, so two tabs share one intent.
"""

from __future__ import annotations

from typing import Any

from accounts.models import User
from payments import provider
from payments.models import CashPledge, ProviderCustomer
from payments.provider import Object


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
    """The intent that saves the card. Raises ProviderAway, ProviderRefused."""
    if not pledge.setup_intent_id:
        made = provider.create_setup_intent(customer=customer_of(pledge.backer), pledge_id=pledge.pk)
        _remember(pledge, "setup_intent_id", made)
    return provider.retrieve_setup_intent(pledge.setup_intent_id)


def ensure_payment_intent(pledge: CashPledge) -> str:
    """The pledge's one PaymentIntent, unconfirmed and stored before any use. Raises ProviderAway, ProviderRefused."""
    if not pledge.payment_intent_id:
        made = provider.create_payment_intent(
            customer=customer_of(pledge.backer), pledge_id=pledge.pk, amount=pledge.amount_minor,
            currency=pledge.currency, project_id=pledge.project_id,
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
