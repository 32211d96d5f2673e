"""Lab notes: those that a reader may read, and a team's drafts, scheduled and published ones."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import F
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import examples as ex
from api.rest import shapes
from api.rest.asking import REMOVED, Removed, body_of, own_project
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation, text
from api.rest.idempotency import idempotent
from api.rest.paging import Order, moment, page_of, whole
from api.rest.project_facts import note_row, site
from api.rest.project_views import public_project
from api.scopes import PROJECTS, READ
from clock.services import business_now
from projects.backing import backs
from projects.community import notes as services
from projects.fields import readable
from projects.models import LabNote, Project
from projects.roles import permissions_of


class NewNote(s.Serializer[Any]):
    title = s.CharField(max_length=120, validators=[readable])
    body = s.CharField(max_length=40_000, help_text=_("Markdown."), validators=[readable])
    audience = s.ChoiceField(LabNote.Audience.choices, default=LabNote.Audience.PUBLIC)


class NewDraft(NewNote):
    publish_at = s.DateTimeField(required=False, allow_null=True, default=None, help_text="Publishes itself then.")


class NoteChange(s.Serializer[Any]):
    version = s.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="As it was read. Changed since: 409 `conflict`."
    )
    title = s.CharField(max_length=120, required=False, validators=[readable])
    body = s.CharField(max_length=40_000, required=False, validators=[readable])
    audience = s.ChoiceField(LabNote.Audience.choices, required=False)
    publish_at = s.DateTimeField(required=False, allow_null=True, help_text="Of a draft; null: when you say so.")
    reason = s.CharField(max_length=300, required=False, help_text="Of a published note: readers see it beside it.")


class Version(s.Serializer[Any]):
    version = s.IntegerField(min_value=1, max_value=2**31 - 1)


class OwnNoteShape(s.Serializer[Any]):
    id = s.IntegerField()
    number = s.IntegerField(allow_null=True, help_text="Null until it is published.")
    version = s.IntegerField()
    title = s.CharField()
    body = s.CharField()
    audience = s.ChoiceField(LabNote.Audience.choices)
    page = s.CharField()
    publish_at = s.DateTimeField(allow_null=True)
    published_at = s.DateTimeField(allow_null=True)


NEW_DRAFT = {**ex.NEW_NOTE, "audience": "backers", "publish_at": "2026-10-09T08:00:00Z"}
OWN = {
    "id": 91, "number": None, "version": 1, **NEW_DRAFT, "published_at": None,
    "page": "https://commonweave.example/projects/pocket-python/notes/write/91/",
}  # fmt: skip
CHANGE = {"version": 1, "body": "The loss fell below 3.0.", "publish_at": None}


CONFLICT = {
    "version": 2, "sent": CHANGE,
    "saved": {"title": "Week 3", "body": "The loss is 2.9.", "audience": "backers", "publish_at": None},
}  # fmt: skip


def _own_row(note: LabNote) -> dict[str, Any]:
    return {
        "id": note.pk, "number": note.number, "version": note.version, "title": note.title, "body": note.body,
        "audience": note.audience, "page": site(note.get_absolute_url()), "publish_at": note.publish_at,
        "published_at": note.published_at,
    }  # fmt: skip


def _reads_all(user: object, project: Project) -> bool:
    return backs(user, project) or bool(permissions_of(user, project) & {"see", "write_notes"})


class NotesView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": PROJECTS}

    @operation(
        "list_notes", "Lab notes; with the token of a backer or teammate, those for backers too", shapes.NoteShape,
        ex.NOTE, tag="Projects", many=True,
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        project = public_project(slug)
        notes = project.lab_notes.published().select_related("author", "project")
        if not _reads_all(request.user, project):
            notes = notes.filter(audience=LabNote.Audience.PUBLIC)
        page = page_of(request, notes, Order("published", F("published_at"), moment))
        return Response(page.answer([note_row(note) for note in page.rows]))

    @operation(
        "publish_note", "Publish a lab note; backers and followers are told", shapes.NoteShape, ex.NOTE, tag="Projects",
        scope=PROJECTS, is_write=True, body=NewNote, body_example=ex.NEW_NOTE, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project, asked = own_project(request, slug, "write_notes"), body_of(request, NewNote)
        note = services.publish_note(project=project, author=caller(request), now=business_now(), **asked)
        return Response(note_row(note), status=201)


class NoteView(ApiView):
    @operation("read_note", "A lab note by its number", shapes.NoteShape, ex.NOTE, tag="Projects")
    def get(self, request: Request, slug: str, number: int) -> Response:
        notes = public_project(slug).lab_notes.published().select_related("author", "project")
        note = notes.filter(number=number).first()
        if note is None or not services.may_read(request.user, note):
            raise Http404
        return Response(note_row(note))


class OwnNotesView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "post": PROJECTS}

    @operation(
        "list_own_notes", "A team's notes with drafts and scheduled ones, the newest first", OwnNoteShape, OWN,
        tag="Creating", many=True, scope=READ, query=(text("state", "Which.", enum=["draft", "published"]),),
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        notes = own_project(request, slug, "write_notes").lab_notes.select_related("project")
        if (state := request.query_params.get("state")) in ("draft", "published"):
            notes = notes.filter(published_at__isnull=state == "draft")
        page = page_of(request, notes, Order("id", F("pk"), whole))
        return Response(page.answer([_own_row(note) for note in page.rows]))

    @operation(
        "draft_note", "Keep a note as a draft, or schedule it", OwnNoteShape, OWN, tag="Creating", scope=PROJECTS,
        is_write=True, body=NewDraft, body_example=NEW_DRAFT, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project, asked = own_project(request, slug, "write_notes"), body_of(request, NewDraft)
        words = services.Words(asked["title"], asked["body"], asked["audience"])
        made = services.save_draft(
            project=project, author=caller(request), words=words, publish_at=asked["publish_at"], now=business_now()
        )
        return Response(_own_row(made), status=201)


def _own_note(request: Request, slug: str, note_id: int) -> LabNote:
    project = own_project(request, slug, "write_notes")
    if (note := project.lab_notes.select_related("project").filter(pk=note_id).first()) is None:
        raise Http404
    return note


class OwnNoteView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "patch": PROJECTS, "delete": PROJECTS}

    @operation("read_own_note", "A note of the team", OwnNoteShape, OWN, tag="Creating", scope=READ)
    def get(self, request: Request, slug: str, note_id: int) -> Response:
        return Response(_own_row(_own_note(request, slug, note_id)))

    @operation(
        "change_note", "Change a draft, or a published note with a reason", OwnNoteShape, OWN, tag="Creating",
        scope=PROJECTS, is_write=True, body=NoteChange, body_example=CHANGE, conflict=CONFLICT,
    )  # fmt: skip
    @idempotent
    def patch(self, request: Request, slug: str, note_id: int) -> Response:
        note, asked = _own_note(request, slug, note_id), body_of(request, NoteChange)
        by, now, version = caller(request), business_now(), asked["version"]
        words = services.Words(*(asked.get(name, getattr(note, name)) for name in ("title", "body", "audience")))
        if note.published_at is None:
            services.save_draft(
                project=note.project, author=by, words=words, publish_at=asked.get("publish_at", note.publish_at),
                note_id=note.pk, version=version, now=now,
            )  # fmt: skip
        else:
            reason = asked.get("reason", "")
            services.change_note(note=note, by=by, words=words, reason=reason, version=version, now=now)
        return Response(_own_row(_own_note(request, slug, note_id)))

    @operation("discard_draft", "Throw a draft away", Removed, REMOVED, tag="Creating", scope=PROJECTS, is_write=True)
    @idempotent
    def delete(self, request: Request, slug: str, note_id: int) -> Response:
        note = _own_note(request, slug, note_id)
        services.discard_draft(project=note.project, by=caller(request), note_id=note.pk)
        return Response(REMOVED)


class PublishNoteView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": PROJECTS}

    @operation(
        "publish_draft", "Publish a draft as it was read; a published one stays as it is", OwnNoteShape, OWN,
        tag="Creating", scope=PROJECTS, is_write=True, body=Version, body_example={"version": 1},
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str, note_id: int) -> Response:
        note, version = _own_note(request, slug, note_id), body_of(request, Version)["version"]
        published = services.publish_note(
            project=note.project, author=caller(request), title=note.title, body=note.body, audience=note.audience,
            note_id=note.pk, version=version, now=business_now(),
        )  # fmt: skip
        return Response(_own_row(published))
