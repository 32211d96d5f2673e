"""Creators as payout recipients: onboarded at the provider before launch."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext

from accounts.models import User
from payments import provider
from payments.models import PayoutRecipient
from projects.models import Project


def begin_onboarding(*, user: User, return_url: str) -> str:
    """The provider's page to go to. Raises ProviderAway, ProviderRefused."""
    recipient = PayoutRecipient.objects.filter(user=user).first()
    if recipient is None:
        made = provider.create_recipient(email=user.email, name=user.public_name, user_id=user.pk)
        recipient, _ = PayoutRecipient.objects.get_or_create(user=user, defaults={"account_id": made["id"]})
    return provider.onboarding_link(account=recipient.account_id, return_url=return_url)


def refresh_recipient(*, user: User, now: datetime) -> bool:
    """Ask the provider whether payouts can go to this creator. Raises ProviderAway, ProviderRefused."""
    recipient = PayoutRecipient.objects.filter(user=user).first()
    if recipient is None:
        return False
    recipient.is_active, recipient.checked_at = provider.can_receive_transfers(recipient.account_id), now
    recipient.save(update_fields=["is_active", "checked_at"])
    return recipient.is_active


def payout_requirement(project: Project) -> str | None:
    """What launching lacks on the side of payouts, as a sentence."""
    if not (project.funding_minimum or project.funding_stretch):
        return None
    if PayoutRecipient.objects.filter(user_id=project.creator_id, is_active=True).exists():
        return None
    return gettext("Set up where payouts go before you launch.")
