"""What can be reported, found by kind and number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import Truncator

from accounts.models import User
from projects.community.profiles import shown_people
from projects.community.threads import may_read_comment
from projects.models import Comment, Project, Report


@dataclass(frozen=True, slots=True)
class Target:
    """Something of somebody: where it is shown, and whose it is."""

    kind: str
    pk: int
    title: str
    path: str
    owner_id: int
    text: str = ""
    project: Project | None = None


def find_target(kind: str, pk: int) -> Target | None:
    """None for what is not there or is private."""
    finders = {
        Report.Target.PROJECT.value: _project,
        Report.Target.COMMENT.value: _comment,
        Report.Target.PERSON.value: _person,
    }  # fmt: skip
    return finders[kind](pk) if kind in finders else None


def find_visible(kind: str, pk: int, reader: object) -> Target | None:
    """Likewise, and None for words that the reader may not read and for people who did nothing in public."""
    target = find_target(kind, pk)
    if kind == Report.Target.PERSON.value and not shown_people().filter(pk=pk).exists():
        return None
    if target is None or kind != Report.Target.COMMENT.value:
        return target
    comment = Comment.objects.select_related("project", "note__project").get(pk=pk)
    return target if may_read_comment(reader, comment) else None


def _project(pk: int) -> Target | None:
    found = Project.objects.public().filter(pk=pk).first()
    if found is None:
        return None
    return Target("project", pk, found.title, found.get_absolute_url(), found.creator_id, project=found)


def _comment(pk: int) -> Target | None:
    shown = Comment.objects.filter(pk=pk, deleted_at=None).exclude(project__state__in=Project.PRIVATE_STATES)
    found = shown.select_related("project").first()
    if found is None:
        return None
    path = found.get_absolute_url()
    return Target("comment", pk, found.project.title, path, found.author_id, found.body, found.project)


def _person(pk: int) -> Target | None:
    found = User.objects.filter(pk=pk, is_active=True).first()
    return Target("person", pk, found.public_name, reverse("projects:person", args=[pk]), pk) if found else None


def names_of(reports: Iterable[Report]) -> dict[tuple[str, int], str]:
    """What staff calls what is reported, by kind and number: a title, a name, the first words. Three queries."""
    wanted: dict[str, set[int]] = {kind: set() for kind in Report.Target.values}
    for one in reports:
        wanted[one.target].add(one.target_id)
    projects = Project.objects.filter(pk__in=wanted[Report.Target.PROJECT]).values_list("pk", "title")
    comments = Comment.objects.filter(pk__in=wanted[Report.Target.COMMENT]).values_list("pk", "project__title", "body")
    names = {(Report.Target.PROJECT.value, pk): title for pk, title in projects}
    for pk, title, body in comments:
        names[Report.Target.COMMENT.value, pk] = f"{title}: {Truncator(body).chars(60)}" if body else title
    for person in User.objects.filter(pk__in=wanted[Report.Target.PERSON]):
        names[Report.Target.PERSON.value, person.pk] = person.public_name
    return names
