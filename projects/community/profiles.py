"""A person's public page: what they chose to say, what they made, and what they back if they show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise

from accounts.models import User
from projects.backing import projects_shown_of
from projects.conflicts import only_over
from projects.markdown import render_markdown
from projects.models import Comment, CreatorFollow, LabNote, Profile, Project, ProjectTransition, Teammate

Link = tuple[str | Promise, str]
LinkOf = Callable[[User], Link | None]
STEPS = ("live", "funded", "failed", "completed", "abandoned", "canceled")
SHOWN, EVENTS = 24, 30
_links: dict[str, LinkOf] = {}


def register_profile_link(name: str, link_of: LinkOf) -> None:
    """`link_of(user)` gives (label, path) of another public page of the person, or None."""
    _links[name] = link_of


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that the person did in public."""

    at: datetime
    project: Project
    step: str
    note: LabNote | None = None

    @property
    def label(self) -> str:
        """The state that a project of theirs reached, in words."""
        return str(Project.State(self.step).label) if self.step else ""


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that the page shows."""

    user: User
    profile: Profile
    created: list[Project]
    works_on: list[Project]
    backed: list[Project]
    history: list[Event]
    links: list[Link]
    followers: int


def profile_of(user: User) -> Profile:
    """Their choices; a row of defaults that is not kept where they made none."""
    return Profile.objects.filter(user=user).first() or Profile(user=user)


def shown_people() -> QuerySet[User]:
    """Who made a page of themselves or did something in public. Of others not even the name is told."""
    of_them = (
        Project.objects.public().filter(creator=OuterRef("pk")),
        Teammate.objects.filter(user=OuterRef("pk"), ended_at=None, project__in=Project.objects.public()),
        Comment.objects.filter(author=OuterRef("pk"), deleted_at=None), Profile.objects.filter(user=OuterRef("pk")),
    )  # fmt: skip
    return User.objects.filter(reduce(or_, map(Exists, of_them)), is_active=True)


def read_person(*, user_id: int) -> Person | None:
    """None for who is not shown."""
    user = shown_people().filter(pk=user_id).first()
    if user is None:
        return None
    public = Project.objects.public()
    created = list(public.filter(creator=user)[:SHOWN])
    on_team = Teammate.objects.filter(user=user, ended_at=None).values("project")
    works_on = list(public.filter(pk__in=on_team)[:SHOWN])
    profile = profile_of(user)
    backed = list(public.filter(pk__in=projects_shown_of(user))[:SHOWN]) if profile.shows_backed else []
    links = [link for link_of in _links.values() if (link := link_of(user))]
    followers = CreatorFollow.objects.filter(creator=user).count()
    return Person(user, profile, created, works_on, backed, _history(user, created), links, followers)


def _history(user: User, created: list[Project]) -> list[Event]:
    known = {project.pk: project for project in created}
    steps = ProjectTransition.objects.filter(project__in=known, target__in=STEPS).order_by("-happened_at")[:EVENTS]
    notes = LabNote.objects.published().filter(author=user, project__in=Project.objects.public())
    notes = notes.filter(audience=LabNote.Audience.PUBLIC).select_related("project").order_by("-published_at")[:EVENTS]
    events = [Event(step.happened_at, known[step.project_id], step.target) for step in steps]
    events += [Event(note.published_at, note.project, "", note) for note in notes if note.published_at]
    return sorted(events, key=lambda event: event.at, reverse=True)[:EVENTS]


def typed_profile(user_id: int) -> dict[str, Any]:
    """What is kept, as its form shows it."""
    user = User.objects.get(pk=user_id)
    kept = profile_of(user)
    return {
        "name": user.name, "about": kept.about, "links": "\n".join(kept.links), "shows_backed": kept.shows_backed,
        "may_be_found": kept.may_be_found,
    }  # fmt: skip


@transaction.atomic
def choose_profile(
    *, user: User, name: str, about: str, links: list[str], shows_backed: bool, may_be_found: bool, now: datetime,
    version: str | None = None,
) -> None:  # fmt: skip
    """Keep what the person says of themselves and what others may see. Raises ChangedElsewhere."""
    User.objects.select_for_update().get(pk=user.pk)
    values = {
        "about": about, "about_html": render_markdown(about), "links": links, "shows_backed": shows_backed,
        "may_be_found": may_be_found, "changed_at": now,
    }  # fmt: skip
    with only_over(version, lambda: typed_profile(user.pk)):
        User.objects.filter(pk=user.pk).update(name=name)
        Profile.objects.update_or_create(user=user, defaults=values)


def forget_person(*, user: User, now: datetime) -> None:
    """Their page, what they follow and the words they wrote in discussions go; that they wrote stays marked."""
    Profile.objects.filter(user=user).delete()
    user.project_follows.all().delete()
    CreatorFollow.objects.filter(user=user).delete()
    CreatorFollow.objects.filter(creator=user).delete()
    Comment.objects.filter(author=user).update(body="", body_html="", deleted_at=now)
