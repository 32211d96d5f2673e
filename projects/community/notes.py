"""Writing lab notes: drafts, scheduling, publishing under a number, changing what is published in the open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext

from accounts.models import User
from projects.backing import backs
from projects.conflicts import changed_elsewhere
from projects.errors import NoteRefused
from projects.happenings import Happening, Kind, announce
from projects.markdown import render_markdown
from projects.models import LabNote, LabNoteChange, Project
from projects.roles import can

S = Project.State
NOTE_STATES = (S.APPROVED, S.LIVE, S.PAUSED, S.COLLECTING, S.FUNDED, S.DELIVERING, S.COMPLETED, S.FAILED)
DOUBLE_CLICK = timedelta(minutes=10)
MOST_DRAFTS = 50


@dataclass(frozen=True, slots=True)
class Words:
    """What was typed."""

    title: str
    body: str
    audience: str = LabNote.Audience.PUBLIC


def may_read(user: object, note: LabNote) -> bool:
    """Whether `user` (signed in or not) may read the note; drafts are the team's."""
    if note.published_at is not None and not note.is_for_backers:
        return True
    if can(user, note.project, "see") or can(user, note.project, "write_notes"):
        return True
    if note.published_at is None:
        return False
    return backs(user, note.project) or (isinstance(user, User) and user.is_admin)


def _locked(project: Project, author: User) -> Project:
    """The project, locked. Raises NoteRefused for whoever does not write its notes, or before it is public."""
    locked = Project.objects.select_for_update().get(pk=project.pk)
    if not can(author, locked, "write_notes") or locked.state not in NOTE_STATES:
        raise NoteRefused(gettext("Lab notes are written by the team of a public project."))
    return locked


@transaction.atomic
def save_draft(
    *, project: Project, author: User, words: Words, publish_at: datetime | None = None,
    note_id: int | None = None, version: int | None = None, now: datetime,
) -> LabNote:  # fmt: skip
    """A new draft, or the words of one that is not published. With `publish_at` it publishes itself then.

    Raises NoteRefused, and ChangedElsewhere when somebody saved other words since `version`.
    """
    locked = _locked(project, author)
    if publish_at is not None and publish_at <= now:
        raise NoteRefused(gettext("This moment is over. Choose a later one, or publish now."))
    note = LabNote(project=locked, author=author) if note_id is None else _current(locked, note_id, version, words)
    if note.published_at is not None:
        raise NoteRefused(gettext("It is published by now. Open it again to change it."))
    if note_id is None and locked.lab_notes.filter(published_at=None).count() >= MOST_DRAFTS:
        raise NoteRefused(
            gettext("A project keeps at most %(most_drafts)s drafts. Publish or discard one.")
            % {"most_drafts": MOST_DRAFTS}
        )
    _write(note, words)
    note.publish_at = publish_at
    note.version = note.version + 1 if note_id else 1
    note.save()
    return note


def _current(project: Project, note_id: int, version: int | None, words: Words) -> LabNote:
    """The note as this writer saw it, or with these words by now. The project's lock keeps others from it."""
    note = project.lab_notes.filter(pk=note_id).first()
    if note is None:
        raise NoteRefused(gettext("This draft was discarded. What you wrote is kept below."))
    if version is not None and note.version != version and not _says(note, words):
        saved = {"title": note.title, "body": note.body, "audience": note.audience, "publish_at": note.publish_at}
        raise changed_elsewhere(saved, note.version)
    return note


def _says(note: LabNote, words: Words) -> bool:
    return (note.title, note.body, note.audience) == (words.title, words.body, words.audience)


def _write(note: LabNote, words: Words) -> None:
    note.title, note.body, note.audience = words.title, words.body, words.audience
    note.body_html = render_markdown(words.body)


def publish_note(
    *, project: Project, author: User, title: str, body: str, now: datetime,
    audience: str = LabNote.Audience.PUBLIC, note_id: int | None = None, version: int | None = None,
) -> LabNote:  # fmt: skip
    """Publish a note, a draft or new words, under the project's next number. Raises NoteRefused, ChangedElsewhere.

    The same words sent again within minutes are a double click: the note that exists is given.
    """
    words = Words(title, body, audience)
    with transaction.atomic():
        locked = _locked(project, author)
        same = locked.lab_notes.filter(title=title, body=body, published_at__gt=now - DOUBLE_CLICK)
        if note_id is None and (published := same.first()) is not None:
            return published
        note = LabNote(project=locked, author=author) if note_id is None else _current(locked, note_id, version, words)
        if note.published_at is None:
            _write(note, words)
            _number(note, now)
        return note


def _number(note: LabNote, now: datetime) -> None:
    last = LabNote.objects.filter(project=note.project_id).aggregate(last=Max("number"))["last"]
    # Whoever still has its draft open is told that it is out.
    note.version += bool(note.pk)
    note.number, note.published_at, note.publish_at = (last or 0) + 1, now, None
    note.save()
    data = {"number": note.number, "title": note.title, "audience": note.audience}
    announce(Happening(Kind.NOTE_PUBLISHED, str(note.pk), note.project_id, now, data))


@transaction.atomic
def publish_scheduled(*, note_id: int, now: datetime) -> bool:
    """Publish a note whose moment has come; one of a project that is no longer public stays a draft."""
    project = Project.objects.select_for_update().filter(lab_notes=note_id).first()
    note = LabNote.objects.due(now).select_related("project").filter(pk=note_id).first()
    if note is None or project is None:
        return False
    if project.state not in NOTE_STATES:
        LabNote.objects.filter(pk=note_id).update(publish_at=None)
        return False
    _number(note, now)
    return True


@transaction.atomic
def change_note(*, note: LabNote, by: User, words: Words, reason: str, version: int, now: datetime) -> None:
    """Change a published note, keeping what it said and why it changed. Raises NoteRefused, ChangedElsewhere."""
    locked = _locked(note.project, by)
    current = _current(locked, note.pk, version, words)
    if not reason.strip():
        raise NoteRefused(gettext("Say what you changed: readers see it beside the note."))
    if _says(current, words):
        return
    if current.is_for_backers is False and words.audience == LabNote.Audience.BACKERS:
        raise NoteRefused(gettext("What everyone could read stays readable. Write another note for backers."))
    LabNoteChange.objects.create(
        note=current, changed_by=by, changed_at=now, reason=reason.strip()[:300], title_before=current.title,
        body_before=current.body,
    )  # fmt: skip
    _write(current, words)
    current.version += 1
    current.save()


@transaction.atomic
def discard_draft(*, project: Project, by: User, note_id: int) -> None:
    """Throw a draft away; a published note stays. Raises NoteRefused."""
    locked = _locked(project, by)
    if not locked.lab_notes.filter(pk=note_id, published_at=None).delete()[0]:
        raise NoteRefused(gettext("It is published, or was discarded before."))
