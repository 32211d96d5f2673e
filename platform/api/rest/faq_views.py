"""A project's answers for good, read by everyone and written by whoever moderates."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest.asking import MOST_NUMBER, body_of, own_project
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.rest.project_views import public_project
from api.scopes import PROJECTS
from clock.services import business_now
from projects.community.faq import MOST_ENTRIES, Entry, typed_faq, write_faq
from projects.conflicts import version_of
from projects.fields import readable
from projects.models import Project


class FaqEntryShape(s.Serializer[Any]):
    id = s.IntegerField()
    question = s.CharField()
    answer = s.CharField(help_text="Markdown.")
    answer_html = s.CharField()
    changed_at = s.DateTimeField()


class FaqShape(s.Serializer[Any]):
    version = s.CharField(help_text="Send it back with a change, so that nobody's words are written over.")
    entries = FaqEntryShape(many=True)


class NewEntry(s.Serializer[Any]):
    id = s.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_NUMBER)
    question = s.CharField(max_length=200, validators=[readable])
    answer = s.CharField(max_length=4000, validators=[readable])


class NewFaq(s.Serializer[Any]):
    version = s.CharField(
        required=False, default="", max_length=16, allow_blank=True, help_text="As it was read. Changed since: 409."
    )
    entries = s.ListField(child=NewEntry(), max_length=MOST_ENTRIES)


_ASKED = {"question": "Which tokenizer?", "answer": "One of 32k pieces."}
FAQ = {
    "version": "0f3a9c1d77e24b10",
    "entries": [{"id": 4, **_ASKED, "answer_html": "<p>One of 32k pieces.</p>", "changed_at": "2026-10-03T09:00:00Z"}],
}
NEW = {"version": "0f3a9c1d77e24b10", "entries": [_ASKED]}
CONFLICT = {
    "version": "77e24b100f3a9c1d", "sent": NEW,
    "saved": {"entries": [{"id": 4, "question": "Which tokenizer?", "answer": "One of 64k pieces."}]},
}  # fmt: skip


def _answer(project: Project) -> Response:
    names = ("id", "question", "answer", "answer_html", "changed_at")
    return Response({"version": version_of(typed_faq(project)), "entries": list(project.faq.values(*names))})


class FaqView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"put": PROJECTS}

    def saved_as(self, saved: Any) -> Any:
        rows = [{"id": row["pk"], "question": row["question"], "answer": row["answer"]} for row in saved]
        return {"entries": rows}

    @operation("read_faq", "Questions that are answered for good", FaqShape, FAQ, tag="Community")
    def get(self, request: Request, slug: str) -> Response:
        return _answer(public_project(slug))

    @operation(
        "write_faq", "Replace the list, in this order; an entry with an id keeps its place in the discussion", FaqShape,
        FAQ, tag="Community", scope=PROJECTS, is_write=True, body=NewFaq, body_example=NEW,
        conflict=CONFLICT,
    )  # fmt: skip
    @idempotent
    def put(self, request: Request, slug: str) -> Response:
        project, asked = own_project(request, slug, "moderate"), body_of(request, NewFaq)
        entries = [Entry(row["question"], row["answer"], row.get("id")) for row in asked["entries"]]
        write_faq(
            project=project, by=caller(request), entries=entries, version=asked["version"] or None, now=business_now()
        )
        return _answer(project)
