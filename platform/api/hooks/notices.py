"""Telling the owner that an endpoint is not called any more."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from api.models import HookEndpoint
from notices.kinds import Kind
from notices.services import tell


def tell_disabled(*, endpoint: HookEndpoint, now: datetime) -> None:
    """Once for each time that it is switched off."""
    tell(
        kind=Kind.ACCOUNT, people=[endpoint.owner_id], key=f"hook:{endpoint.pk}:{now.isoformat()}",
        title=lambda: _("A webhook is switched off"),
        body=lambda: _("Messages to %(url)s have failed for days, so it is not called any more. What waits is kept.")
        % {"url": endpoint.url},
        path=reverse("api:hook", args=[endpoint.pk]), now=now,
    )  # fmt: skip
