"""Registering endpoints and changing them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from api.errors import HookRefused
from api.hooks.signing import BOTH_FOR
from api.hooks.telling import NEEDED
from api.models import HookEndpoint, HookMessage
from outward.addresses import checked_url
from outward.errors import AddressRefused
from projects.happenings import Kind
from projects.models import Project
from projects.roles import permissions_of

MOST_ENDPOINTS = 20
KEPT_FOR = timedelta(days=30)
State = HookEndpoint.State


def register(*, owner: User, url: str, kinds: Iterable[str], project: Project | None, now: datetime) -> HookEndpoint:
    """An endpoint that is told from now on. Raises HookRefused."""
    chosen = [kind for kind in Kind if kind in set(kinds)]
    if not chosen:
        raise HookRefused(_("Choose at least one event."))
    if project is not None and not {NEEDED[kind] for kind in chosen} <= permissions_of(owner, project):
        raise HookRefused(_("Your role on this project does not show you all of these events."))
    if HookEndpoint.objects.filter(owner=owner).count() >= MOST_ENDPOINTS:
        raise HookRefused(_("You have many endpoints already. Remove one that is not used any more."))
    try:
        address = checked_url(url)
    except AddressRefused as error:
        raise HookRefused(str(error)) from error
    return HookEndpoint.objects.create(
        owner=owner, project=project, url=address, kinds=[*map(str, chosen)],
        created_at=now,
    )  # fmt: skip


def rotate(*, endpoint: HookEndpoint, now: datetime) -> None:
    """A new secret; for a day messages are signed with both."""
    HookEndpoint.objects.filter(pk=endpoint.pk).update(generation=F("generation") + 1, previous_until=now + BOTH_FOR)
    endpoint.refresh_from_db()


def set_state(*, endpoint: HookEndpoint, target: str) -> None:
    """Pause it, or go on: what waits is sent then."""
    HookEndpoint.objects.filter(pk=endpoint.pk).update(state=target, failing_since=None)


def forget_messages(*, now: datetime) -> int:
    """What is a month old and no longer waits."""
    old = HookMessage.objects.filter(created_at__lt=now - KEPT_FOR).exclude(state=HookMessage.State.PENDING)
    return old.delete()[0]
