"""Creators as payout recipients (Accounts v2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from payments.provider.calls import Object, call, client, key


def create_recipient(*, email: str, name: str, user_id: int) -> Object:
    """A payout recipient (Accounts v2)."""
    values: Any = {
        "contact_email": email, "display_name": name,
        "configuration": {"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}},
    }  # fmt: skip
    return call(client().v2.core.accounts.create, values, key(f"{settings.MODE}:recipient:{user_id}"))


def onboarding_link(*, account: str, return_url: str) -> str:
    """The provider's page where a creator says who they are."""
    onboarding = {"configurations": ["recipient"], "refresh_url": return_url, "return_url": return_url}
    values: Any = {"account": account, "use_case": {"type": "account_onboarding", "account_onboarding": onboarding}}
    return str(call(client().v2.core.account_links.create, values)["url"])


def can_receive_transfers(account: str) -> bool:
    """Whether the recipient's capability is active."""
    values: Any = {"include": ["configuration.recipient"]}
    found: Mapping[str, Any] = call(client().v2.core.accounts.retrieve, account, values)
    try:
        status = found["configuration"]["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"]["status"]
    except (KeyError, TypeError):
        return False
    return bool(status == "active")
