"""Commenting and asking: writing within limits, correcting for a while, deleting, and telling the thread's people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.limits import is_within_limit
from accounts.models import User
from notices.kinds import Kind
from notices.services import tell
from projects.community.notes import may_read
from projects.conflicts import only_over
from projects.errors import CommentRefused
from projects.markdown import plain_words, render_markdown
from projects.models import Comment, LabNote, Project
from projects.roles import people_who_can

EDIT_WINDOW = timedelta(minutes=30)
MOST_A_MINUTE, MOST_A_DAY = 4, 60
DOUBLE_CLICK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Place:
    """Where words are to stand: on the project, under a note, or in a thread."""

    project: Project
    note: LabNote | None = None
    thread: Comment | None = None


def write_comment(*, place: Place, author: User, body: str, kind: str = Comment.Kind.COMMENT, now: datetime) -> Comment:
    """A new thread, or an answer. Raises CommentRefused.

    The same words in the same place within minutes are a double click: the comment that exists is given.
    """
    body = body.strip()
    if not body:
        raise CommentRefused(_("Write something first."))
    with transaction.atomic():
        _check(place, author)
        note = place.thread.note if place.thread else place.note
        kept = Comment.objects.filter(
            project=place.project, note=note, thread=place.thread, author=author, body=body, deleted_at=None,
            written_at__gt=now - DOUBLE_CLICK,
        ).first()  # fmt: skip
        if kept is not None:
            return kept
        _limit(author)
        comment = Comment.objects.create(
            project=place.project, note=note, thread=place.thread, author=author, body=body,
            kind=Comment.Kind.COMMENT if place.thread else kind, body_html=render_markdown(body), written_at=now,
        )  # fmt: skip
        _tell(comment, now)
        return comment


def _check(place: Place, author: User) -> None:
    """Raises CommentRefused. The thread is locked, so that nobody closes it meanwhile."""
    if place.project.state in Project.PRIVATE_STATES:
        raise CommentRefused(_("This project is not public."))
    if place.thread is not None:
        root = Comment.objects.select_for_update(of=("self",)).select_related("note__project").get(pk=place.thread.pk)
        if root.thread_id is not None or root.project_id != place.project.pk:
            raise CommentRefused(_("Answers go to a thread, not to an answer."))
        if root.locked_at is not None:
            raise CommentRefused(_("This thread is closed: it takes no more answers."))
        if root.hidden_at is not None or root.deleted_at is not None:
            raise CommentRefused(_("What this answers is no longer there."))
        note = root.note
    else:
        note = place.note
    if note is not None and not may_read(author, note):
        raise CommentRefused(_("This note is for backers."))


def _limit(author: User) -> None:
    a_minute = is_within_limit(user=author, action="comment", most=MOST_A_MINUTE, seconds=60)
    if not a_minute or not is_within_limit(user=author, action="comment-day", most=MOST_A_DAY, seconds=86_400):
        raise CommentRefused(_("You wrote much in a short time. What you typed is kept here: send it a little later."))


def _tell(comment: Comment, now: datetime) -> None:
    """Whoever spoke in the thread hears of an answer; the team hears of all else."""
    project, told = comment.project, {comment.author_id}
    facts = {"name": comment.author.public_name, "title": project.title}
    key, body, path = f"comment:{comment.pk}", plain_words(comment.body_html), comment.get_absolute_url()
    if comment.thread_id is not None:
        spoke = Comment.objects.filter(thread=comment.thread_id, deleted_at=None).values_list("author", flat=True)
        people = {Comment.objects.values_list("author_id", flat=True).get(pk=comment.thread_id), *spoke} - told
        answered = partial(_say, gettext_noop("%(name)s answered on %(title)s"), facts)
        tell(kind=Kind.REPLY, people=people, key=key, title=answered, body=body, path=path, now=now)
        told |= people
    asks, wrote = gettext_noop("%(name)s asks about %(title)s"), gettext_noop("%(name)s wrote on %(title)s")
    said = partial(_say, asks if comment.is_question else wrote, facts)
    team = set(people_who_can(project, "moderate")) - told
    tell(kind=Kind.COMMENT, people=team, key=key, title=said, body=body, path=path, now=now)


def _say(words: str, facts: dict[str, str]) -> str:
    """In the language that is spoken now."""
    return _(words) % facts


def may_edit(user: object, comment: Comment, now: datetime) -> bool:
    """Whether its author may still correct it."""
    is_own = isinstance(user, User) and user.pk == comment.author_id
    is_open = comment.deleted_at is None and comment.hidden_at is None
    return is_own and is_open and now < comment.written_at + EDIT_WINDOW


def words_of(comment: Comment) -> dict[str, str]:
    """What its author corrects, as its form shows it."""
    return {"body": comment.body}


def edit_comment(*, comment: Comment, by: User, body: str, now: datetime, version: str | None = None) -> None:
    """Correct one's own words within the window. Raises CommentRefused, ChangedElsewhere."""
    with transaction.atomic():
        locked = Comment.objects.select_for_update().get(pk=comment.pk)
        if not may_edit(by, locked, now):
            minutes = int(EDIT_WINDOW.total_seconds() // 60)
            raise CommentRefused(_("Words can be corrected for %(minutes)s minutes.") % {"minutes": minutes})
        if not body.strip():
            raise CommentRefused(_("Write something, or delete it instead."))
        if body.strip() == locked.body:
            return
        with only_over(version, lambda: words_of(locked)):
            locked.body, locked.body_html, locked.edited_at = body.strip(), render_markdown(body.strip()), now
            locked.save(update_fields=["body", "body_html", "edited_at"])


def delete_comment(*, comment: Comment, by: User, now: datetime) -> None:
    """Take one's own words away; that there were some stays visible. Raises CommentRefused."""
    if comment.author_id != by.pk:
        raise CommentRefused(_("Only its author deletes a comment."))
    # What a moderator hid stays for whoever looks into a report.
    rows = Comment.objects.filter(pk=comment.pk, deleted_at=None)
    if rows.filter(hidden_at=None).update(deleted_at=now, body="", body_html=""):
        return
    rows.update(deleted_at=now)
