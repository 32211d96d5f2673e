"""A project's team: its creator and whoever the creator names. None of them fills a minimum."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from projects.errors import TeamRefused
from projects.models import Project, Teammate

MOST_TEAMMATES = 50


def team_ids(project: Project) -> list[int]:
    """Primary keys of the creator and the teammates."""
    return [project.creator_id, *project.teammates.values_list("user_id", flat=True)]


@transaction.atomic
def add_teammate(*, project: Project, by: User, email: str, now: datetime) -> Teammate:
    """Name an account; one that is named already stays. Raises TeamRefused."""
    locked = Project.objects.select_for_update().get(pk=project.pk)
    _check(locked, by)
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is None:
        raise TeamRefused("There is no account with this address. Ask them to make one first.")
    if user.pk == locked.creator_id:
        raise TeamRefused("You are the creator; you belong to the team already.")
    if locked.teammates.count() >= MOST_TEAMMATES:
        raise TeamRefused(f"A team has at most {MOST_TEAMMATES} people beside its creator.")
    return Teammate.objects.get_or_create(project=locked, user=user, defaults={"added_at": now})[0]


@transaction.atomic
def remove_teammate(*, project: Project, by: User, user_id: int) -> None:
    """Take an account out before the project is live; later it stays, for what counts relies on it.

    Raises TeamRefused.
    """
    locked = Project.objects.select_for_update().get(pk=project.pk)
    _check(locked, by)
    if locked.launched_at is not None:
        raise TeamRefused("Once the project is live nobody leaves its team: pledges of the team must never count.")
    locked.teammates.filter(user_id=user_id).delete()


def _check(project: Project, by: User) -> None:
    if project.creator_id != by.pk:
        raise TeamRefused("Only the project's creator names its team.")
