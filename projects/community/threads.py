"""A discussion as its reader sees it: threads with their answers, badges, and what the reader may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from projects.backing import backers_among
from projects.community.comments import may_edit
from projects.community.moderating import may_moderate
from projects.community.notes import may_read
from projects.models import Comment, LabNote, Project
from projects.teammates import team_ids

A_PAGE = 20
MOST_ANSWERS = 200


@dataclass(slots=True)
class Shown:
    """One comment for one reader. `html` is None where the reader may not read it."""

    comment: Comment
    html: str | None
    badge: str
    may_edit: bool
    is_own: bool
    answers: list[Shown] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Discussion:
    """A page of threads, the newest first."""

    threads: list[Shown]
    older: int | None
    may_moderate: bool


def threads_of(project: Project, note: LabNote | None = None) -> QuerySet[Comment]:
    """First words of the project's discussion, or of a note's."""
    rows = project.comments.filter(thread=None)
    return (rows.filter(note=note) if note else rows.filter(note=None)).order_by("-pk")


def read_discussion(
    *, project: Project, threads: QuerySet[Comment], reader: object, now: datetime, before: int = 0,
    a_page: int = A_PAGE,
) -> Discussion:  # fmt: skip
    """A page of `threads` in a handful of queries, whatever their number."""
    rows = threads.filter(pk__lt=before) if before else threads
    found = list(rows.select_related("author", "project", "note")[: a_page + 1])
    shown = found[:a_page]
    answers = (
        Comment.objects.filter(thread__in=[row.pk for row in shown])
        .select_related("author", "project")
        .order_by("pk")[: MOST_ANSWERS * len(shown)]
    )
    everything = [*shown, *answers]
    badges = _badges(project, {comment.author_id for comment in everything})
    is_moderator = may_moderate(reader, project)
    made = {row.pk: _shown(row, reader, badges, now, is_moderator=is_moderator) for row in everything}
    for comment in answers:
        made[comment.root_id].answers.append(made[comment.pk])
    older = shown[-1].pk if len(found) > a_page else None
    return Discussion([made[row.pk] for row in shown], older, is_moderator)


def _badges(project: Project, people: set[int]) -> dict[int, str]:
    """Who is the creator, on the team, or a backer. Those of the team are no backers here."""
    badges = dict.fromkeys(backers_among(project, people), "backer")
    badges |= dict.fromkeys(set(team_ids(project)) & people, "team")
    return badges | {project.creator_id: "creator"}


def may_read_comment(user: object, comment: Comment) -> bool:
    """Whether `user` (signed in or not) sees the words where they stand."""
    if comment.deleted_at is not None or (comment.note is not None and not may_read(user, comment.note)):
        return False
    is_own = isinstance(user, User) and user.pk == comment.author_id
    return comment.hidden_at is None or is_own or may_moderate(user, comment.project)


def _shown(comment: Comment, reader: object, badges: dict[int, str], now: datetime, *, is_moderator: bool) -> Shown:
    is_own = isinstance(reader, User) and reader.pk == comment.author_id
    is_readable = comment.deleted_at is None and (comment.hidden_at is None or is_own or is_moderator)
    # A moderator also reads what was hidden before its author deleted it.
    is_evidence = comment.hidden_at is not None and is_moderator
    return Shown(
        comment=comment,
        html=comment.body_html if is_readable or is_evidence else None,
        badge=badges.get(comment.author_id, ""),
        may_edit=may_edit(reader, comment, now),
        is_own=is_own,
    )
