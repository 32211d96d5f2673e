"""Comments and questions: read by everyone, written, corrected, answered and moderated by the site's own rules."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import F
from django.http import Http404
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest.asking import MOST_NUMBER, REMOVED, Removed, body_of, version_field
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation, text
from api.rest.idempotency import idempotent
from api.rest.paging import Order, page_of, whole
from api.rest.project_facts import person, site
from api.rest.project_views import public_project
from api.rest.shapes import Person
from api.scopes import COMMUNITY, PROJECTS
from clock.services import business_now
from projects.community import comments, moderating
from projects.community.comments import words_of
from projects.community.notes import may_read
from projects.community.threads import Shown, may_read_comment, read_discussion, threads_of
from projects.conflicts import version_of
from projects.fields import readable
from projects.models import Comment, LabNote, Project

NUMBER = Order("number", F("pk"), whole)


class CommentFacts(s.Serializer[Any]):
    id = s.IntegerField()
    page = s.CharField()
    kind = s.ChoiceField(Comment.Kind.choices)
    author = Person()
    badge = s.CharField(help_text="creator, team, backer, or empty.")
    body = s.CharField(allow_null=True, help_text="Markdown; null where the words are gone or hidden.")
    body_html = s.CharField(allow_null=True)
    version = s.CharField(allow_null=True, help_text="Of the words; send it back with a correction.")
    written_at = s.DateTimeField()
    edited_at = s.DateTimeField(allow_null=True)


class ThreadShape(CommentFacts):
    note = s.IntegerField(allow_null=True, help_text="Number of the lab note that it stands under.")
    answered_at = s.DateTimeField(allow_null=True)
    is_locked = s.BooleanField()
    answers = CommentFacts(many=True)


class NewComment(s.Serializer[Any]):
    body = s.CharField(max_length=4000, help_text="Markdown.", validators=[readable])
    kind = s.ChoiceField(Comment.Kind.choices, default=Comment.Kind.COMMENT)
    thread = s.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_NUMBER)
    note = s.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**31 - 1)


class NewWords(s.Serializer[Any]):
    version = version_field()
    body = s.CharField(max_length=4000, validators=[readable])


class AnsweredMark(s.Serializer[Any]):
    is_answered = s.BooleanField()


class Moderation(s.Serializer[Any]):
    deed = s.ChoiceField(["hide", "show", "lock", "unlock"])
    reason = s.CharField(max_length=500, required=False, default="", allow_blank=True)


_WORDS = {
    "id": 411, "page": "https://commonweave.example/projects/pocket-python/discussion/411/#comment-411",
    "kind": "question", "author": {"id": 9, "name": "Lin"}, "badge": "backer",
    "body": "Which tokenizer?", "body_html": "<p>Which tokenizer?</p>", "version": "0f3a9c1d77e24b10",
    "written_at": "2026-10-03T09:00:00Z", "edited_at": None,
}  # fmt: skip
THREAD = {
    **_WORDS, "note": None, "answered_at": None, "is_locked": False,
    "answers": [{**_WORDS, "id": 412, "kind": "comment", "badge": "creator", "body": "One of 32k.",
                 "body_html": "<p>One of 32k.</p>", "version": "77e24b100f3a9c1d"}],
}  # fmt: skip
NEW = {"body": "Which tokenizer?", "kind": "question"}
CORRECTED = {"version": "0f3a9c1d77e24b10", "body": "Which tokenizer, and how large?"}
CONFLICT = {"version": "24b100f3a9c1d77e", "saved": {"body": "Which tokenizer? From where?"}, "sent": CORRECTED}


def _facts(shown: Shown, project: Project) -> dict[str, Any]:
    comment = shown.comment
    comment.project = project
    return {
        "id": comment.pk, "page": site(comment.get_absolute_url()), "kind": comment.kind,
        "author": person(comment.author), "badge": shown.badge,
        **_words(shown), "written_at": comment.written_at, "edited_at": comment.edited_at,
    }  # fmt: skip


def _words(shown: Shown) -> dict[str, Any]:
    if shown.html is None:
        return {"body": None, "body_html": None, "version": None}
    return {"body": shown.comment.body, "body_html": shown.html, "version": version_of(words_of(shown.comment))}


def _threads(request: Request, project: Project, pks: list[int]) -> list[dict[str, Any]]:
    """Whole threads by their first words, the newest first, as this reader sees them."""
    rows = project.comments.filter(pk__in=pks).order_by("-pk")
    found = read_discussion(
        project=project, threads=rows, reader=request.user, now=business_now(), a_page=len(pks) or 1
    )
    return [_thread(shown, project) for shown in found.threads]


def _thread(shown: Shown, project: Project) -> dict[str, Any]:
    root = shown.comment
    return {
        **_facts(shown, project), "note": root.note.number if root.note else None, "answered_at": root.answered_at,
        "is_locked": root.locked_at is not None, "answers": [_facts(answer, project) for answer in shown.answers],
    }  # fmt: skip


def _note(request: Request, project: Project, number: Any) -> LabNote:
    """A published note that the reader may read. Raises Http404."""
    text_of = str(number)
    is_number = text_of.isascii() and text_of.isdigit() and len(text_of) < 10
    rows = project.lab_notes.published().select_related("project").filter(number=int(text_of) if is_number else -1)
    if (note := rows.first()) is None or not may_read(request.user, note):
        raise Http404
    return note


class CommentsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": COMMUNITY}

    @operation(
        "list_comments", "The discussion of a project, or of a lab note: threads with their answers", ThreadShape,
        THREAD, tag="Community", many=True,
        query=(
            text("show", "Questions, or those without an answer.", enum=["questions", "open"]),
            text("note", "Number of a lab note.", pattern="^[0-9]{1,9}$"),
        ),
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        project, asked = public_project(slug), request.query_params
        rows = threads_of(project, _note(request, project, asked["note"]) if "note" in asked else None)
        if asked.get("show") in ("questions", "open"):
            rows = rows.filter(kind=Comment.Kind.QUESTION)
            rows = rows.filter(answered_at=None) if asked["show"] == "open" else rows
        page = page_of(request, rows, NUMBER)
        return Response(page.answer(_threads(request, project, [row.pk for row in page.rows])))

    @operation(
        "write_comment", "Comment, ask, or answer in a thread", ThreadShape, THREAD, tag="Community", scope=COMMUNITY,
        is_write=True, body=NewComment, body_example=NEW, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project, asked = public_project(slug), body_of(request, NewComment)
        thread = note = None
        if asked.get("thread"):
            thread = _readable(request, project, asked["thread"])
        elif asked.get("note"):
            note = _note(request, project, asked["note"])
        made = comments.write_comment(
            place=comments.Place(project, note, thread), author=caller(request), body=asked["body"],
            kind=asked["kind"], now=business_now(),
        )  # fmt: skip
        return Response(_threads(request, project, [made.root_id])[0], status=201)


def _readable(request: Request, project: Project, comment_id: int) -> Comment:
    """Raises Http404 for words that are not there or not for this reader."""
    found = project.comments.select_related("author", "project", "note__project").filter(pk=comment_id).first()
    if found is None or not may_read_comment(request.user, found):
        raise Http404
    return found


class CommentView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"patch": COMMUNITY, "delete": COMMUNITY}

    @operation("read_thread", "One thread", ThreadShape, THREAD, tag="Community")
    def get(self, request: Request, slug: str, comment_id: int) -> Response:
        project = public_project(slug)
        root = project.comments.select_related("note__project").filter(pk=comment_id, thread=None).first()
        if root is None or (root.note is not None and not may_read(request.user, root.note)):
            raise Http404
        return Response(_threads(request, project, [root.pk])[0])

    @operation(
        "edit_comment", "Correct my own words within half an hour", ThreadShape, THREAD, tag="Community",
        scope=COMMUNITY, is_write=True, body=NewWords, body_example=CORRECTED, conflict=CONFLICT,
    )  # fmt: skip
    @idempotent
    def patch(self, request: Request, slug: str, comment_id: int) -> Response:
        project, mine = public_project(slug), self._own(request, slug, comment_id)
        asked = body_of(request, NewWords)
        comments.edit_comment(comment=mine, by=caller(request), now=business_now(), **asked)
        return Response(_threads(request, project, [mine.root_id])[0])

    @operation(
        "delete_comment", "Take my own words away", Removed, REMOVED, tag="Community", scope=COMMUNITY, is_write=True
    )
    @idempotent
    def delete(self, request: Request, slug: str, comment_id: int) -> Response:
        mine = self._own(request, slug, comment_id)
        comments.delete_comment(comment=mine, by=caller(request), now=business_now())
        return Response(REMOVED)

    def _own(self, request: Request, slug: str, comment_id: int) -> Comment:
        found = _readable(request, public_project(slug), comment_id)
        if found.author_id != caller(request).pk:
            raise Http404
        return found


class AnsweredView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"put": COMMUNITY}

    @operation(
        "mark_answered", "Say that a question is answered, or open again: its asker or a moderator", ThreadShape,
        THREAD, tag="Community", scope=COMMUNITY, is_write=True, body=AnsweredMark, body_example={"is_answered": True},
    )  # fmt: skip
    @idempotent
    def put(self, request: Request, slug: str, comment_id: int) -> Response:
        project = public_project(slug)
        found, by = _readable(request, project, comment_id), caller(request)
        if by.pk != found.author_id and not moderating.may_moderate(by, project):
            raise Http404
        asked = body_of(request, AnsweredMark)
        moderating.mark_answered(comment=found, by=by, now=business_now(), **asked)
        return Response(_threads(request, project, [found.root_id])[0])


class ModerateView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": PROJECTS}

    @operation(
        "moderate_comment", "Hide words with a reason, show them again, close or open a thread", ThreadShape, THREAD,
        tag="Community", scope=PROJECTS, is_write=True, body=Moderation,
        body_example={"deed": "hide", "reason": "An address of a private person."},
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str, comment_id: int) -> Response:
        project = public_project(slug)
        found, by, now = _readable(request, project, comment_id), caller(request), business_now()
        if not moderating.may_moderate(by, project):
            raise Http404
        asked = body_of(request, Moderation)
        deed = asked["deed"]
        if deed == "hide":
            moderating.hide_comment(comment=found, by=by, reason=asked["reason"], now=now)
        elif deed == "show":
            moderating.show_comment(comment=found, by=by, now=now)
        else:
            moderating.lock_thread(comment=found, by=by, is_locked=deed == "lock", now=now)
        return Response(_threads(request, project, [found.root_id])[0])
