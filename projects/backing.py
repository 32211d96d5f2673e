"""Who backs a project, as the pledge apps above say: each registers which of its pledges stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from projects.models import Project

# Pledges that stand: rows with `project` and `backer`.
Standing = Callable[[], QuerySet[Any]]
_standing: dict[str, Standing] = {}
_shown: dict[str, Standing] = {}


def register_backing(name: str, standing: Standing, *, shown: Standing) -> None:
    """`standing()` gives the pledges of one kind that stand, `shown()` those of them that may carry a name."""
    _standing[name], _shown[name] = standing, shown


def backers_of(project_id: int) -> list[int]:
    """Primary keys of the active accounts whose pledge stands, each once."""
    found: set[int] = set()
    for standing in _standing.values():
        found |= set(standing().filter(project=project_id).values_list("backer_id", flat=True))
    return sorted(User.objects.filter(pk__in=found, is_active=True).values_list("pk", flat=True))


def backers_among(project: Project | int, people: Iterable[int]) -> set[int]:
    """Which of these accounts back the project (itself, or its primary key) now."""
    asked = list(people)
    found: set[int] = set()
    for standing in _standing.values():
        found |= set(standing().filter(project=project, backer__in=asked).values_list("backer_id", flat=True))
    return found


def backs(user: object, project: Project) -> bool:
    """Whether `user` (signed in or not) has a pledge to the project that stands."""
    return isinstance(user, User) and bool(backers_among(project, [user.pk]))


def projects_backed_by(user: User) -> set[int]:
    """Primary keys of the projects that the account backs now."""
    found: set[int] = set()
    for standing in _standing.values():
        found |= set(standing().filter(backer=user).values_list("project_id", flat=True))
    return found


def projects_shown_of(user: User) -> set[int]:
    """Primary keys of the projects that the account backs now under its name."""
    found: set[int] = set()
    for shown in _shown.values():
        found |= set(shown().filter(backer=user).values_list("project_id", flat=True))
    return found
