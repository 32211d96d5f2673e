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
from projects.community.faq import MOST_ENTRIES, Entry, write_faq
from projects.models import Project


class FaqEntryShape(s.Serializer[Any]):
    id = s.IntegerField()
    question = s.CharField()
    answer = s.CharField(help_text="Markdown.")
    answer_html = s.CharField()
    changed_at = s.DateTimeField()


class FaqShape(s.Serializer[Any]):
    entries = FaqEntryShape(many=True)


class NewEntry(s.Serializer[Any]):
    id = s.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_NUMBER)
    question = s.CharField(max_length=200)
    answer = s.CharField(max_length=4000)


class NewFaq(s.Serializer[Any]):
    entries = s.ListField(child=NewEntry(), max_length=MOST_ENTRIES)


_ASKED = {"question": "Which tokenizer?", "answer": "One of 32k pieces."}
FAQ = {
    "entries": [{"id": 4, **_ASKED, "answer_html": "<p>One of 32k pieces.</p>", "changed_at": "2026-10-03T09:00:00Z"}]
}


def _answer(project: Project) -> Response:
    names = ("id", "question", "answer", "answer_html", "changed_at")
    return Response({"entries": list(project.faq.values(*names))})


class FaqView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"put": PROJECTS}

    @operation("read_faq", "Questions that are answered for good", FaqShape, FAQ, tag="Community")
    def get(self, request: Request, slug: str) -> Response:
        return _answer(public_project(slug))

    @operation(
        "write_faq", "Replace the list, in this order; an entry with an id keeps its place in the discussion", FaqShape,
        FAQ, tag="Community", scope=PROJECTS, is_write=True, body=NewFaq, body_example={"entries": [_ASKED]},
    )  # fmt: skip
    @idempotent
    def put(self, request: Request, slug: str) -> Response:
        project, asked = own_project(request, slug, "moderate"), body_of(request, NewFaq)
        entries = [Entry(row["question"], row["answer"], row.get("id")) for row in asked["entries"]]
        write_faq(project=project, by=caller(request), entries=entries, now=business_now())
        return _answer(project)
