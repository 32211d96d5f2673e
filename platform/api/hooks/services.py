"""Registering endpoints and changing them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from api.errors import HookRefused
from api.hooks.addresses import checked_url
from api.hooks.signing import BOTH_FOR
from api.models import HookEndpoint, HookMessage
from projects.happenings import Kind
from projects.models import Project

MOST_ENDPOINTS = 20
KEPT_FOR = timedelta(days=30)
State = HookEndpoint.State


def register(*, owner: User, url: str, kinds: Iterable[str], project: Project | None, now: datetime) -> HookEndpoint:
    """An endpoint that is told from now on. Raises HookRefused."""
    chosen = [str(kind) for kind in Kind if kind in set(kinds)]
    if not chosen:
        raise HookRefused(_("Choose at least one event."))
    if project is not None and project.creator_id != owner.pk:
        raise HookRefused(_("Only a project's creator has its events sent."))
    if HookEndpoint.objects.filter(owner=owner).count() >= MOST_ENDPOINTS:
        raise HookRefused(_("You have many endpoints already. Remove one that is not used any more."))
    return HookEndpoint.objects.create(owner=owner, project=project, url=checked_url(url), kinds=chosen, created_at=now)


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
