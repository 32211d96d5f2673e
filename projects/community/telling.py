"""Telling backers and followers of lab notes: each note once, as everyone's settings say."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import DatabaseError, transaction

from notices.kinds import Kind
from notices.services import tell
from projects.backing import backers_of
from projects.community.notes import publish_scheduled
from projects.errors import ProjectError
from projects.following import followers_of
from projects.markdown import plain_words
from projects.models import LabNote

log = logging.getLogger(__name__)
BATCH = 20


def sweep_notes(*, now: datetime) -> int:
    """Publish what is due and tell of what is new; returns how many notes were told. One that fails stops no other."""
    for note_id in list(LabNote.objects.due(now).order_by("publish_at").values_list("pk", flat=True)[:BATCH]):
        try:
            publish_scheduled(note_id=note_id, now=now)
        except (ProjectError, DatabaseError):
            log.exception("note_not_published note=%s", note_id)
    told = 0
    untold = LabNote.objects.published().filter(told_at=None).order_by("published_at").values_list("pk", flat=True)
    for note_id in list(untold[:BATCH]):
        try:
            told += tell_of_note(note_id=note_id, now=now)
        except DatabaseError:
            log.exception("note_not_told note=%s", note_id)
    return told


@transaction.atomic
def tell_of_note(*, note_id: int, now: datetime) -> bool:
    """Backers hear of every note, followers of those that everyone may read. A second call changes nothing."""
    if not LabNote.objects.filter(pk=note_id, told_at=None).update(told_at=now):
        return False
    note = LabNote.objects.select_related("project").get(pk=note_id)
    backers = backers_of(note.project_id)
    _tell(note, backers, Kind.LAB_NOTE, now)
    if not note.is_for_backers:
        _tell(note, list(followers_of(note.project).exclude(pk__in=backers)), Kind.LAB_NOTE_FOLLOWED, now)
    return True


def _tell(note: LabNote, people: list[int], kind: Kind, now: datetime) -> None:
    title, body, path = f"{note.project.title}: {note.title}", plain_words(note.body_html), note.get_absolute_url()
    tell(kind=kind, people=people, key=f"note:{note.pk}", title=title, body=body, path=path, now=now)
