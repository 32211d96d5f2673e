"""What the provider tells of: signed events, those it could not deliver, and the stand-in's clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import requests
import stripe
from django.conf import settings
from django.utils.translation import gettext

from payments.errors import ProviderAway, ProviderRefused
from payments.provider.calls import TIMEOUT_SECONDS, Object, client, listed


def follow_clock(offset_seconds: int) -> None:
    """Tell the stand-in how far business time is ahead. The real provider keeps its own time. Raises ProviderAway."""
    if not (settings.CLOCK_CONTROL and settings.STRIPE_API_BASE):
        return
    headers = {"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}"}
    try:
        requests.post(
            f"{settings.STRIPE_API_BASE}/standin/control",
            json={"clock_offset": offset_seconds},
            headers=headers,
            timeout=TIMEOUT_SECONDS,
        ).raise_for_status()
    except requests.RequestException as error:
        raise ProviderAway(type(error).__name__) from error


def read_event(payload: bytes, header: str) -> Object:
    """A signed event. Raises ProviderRefused for a wrong or stale signature and for what is no event."""
    try:
        event: Any = client().construct_event(payload, header, settings.STRIPE_WEBHOOK_SECRET)
    except (stripe.SignatureVerificationError, ValueError) as error:
        raise ProviderRefused(gettext("The signature does not match, or is too old.")) from error
    return dict(event.to_dict())


def undelivered_events(*, since: datetime) -> Iterator[Object]:
    """Events since a moment that none of our answers confirmed. Raises ProviderAway, ProviderRefused."""
    values = {"delivery_success": False, "created": {"gte": int(since.timestamp())}}
    return listed(client().v1.events.list, values)
