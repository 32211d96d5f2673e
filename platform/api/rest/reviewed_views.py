"""What reviewers said of a project, as its team reads and answers it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest.asking import body_of, own_project
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.rest.review_views import COMMENT, REVIEWED, LineCommentShape, Reviewed, comment_row, said_of
from api.scopes import PROJECTS, READ
from clock.services import business_now
from projects.fields import readable
from projects.review.lines import answer_line


class LineAnswer(s.Serializer[Any]):
    answer = s.CharField(
        max_length=2000, required=False, default="", allow_blank=True, validators=[readable],
        help_text="Empty: it is answered by the text.",
    )  # fmt: skip


ANSWER = {"answer": "The Stack v2, without the files of who opted out."}


class ReviewOfMineView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "read_review", "What reviewers said of my project, line by line", Reviewed, REVIEWED, tag="Creating", scope=READ
    )
    def get(self, request: Request, slug: str) -> Response:
        return Response(said_of(own_project(request, slug, "see")))


class AnswerLineView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"put": PROJECTS}

    @operation(
        "answer_line", "Mark what a reviewer said of a line as answered, with words or without", LineCommentShape,
        {**COMMENT, **ANSWER, "answered_at": "2026-09-21T09:00:00Z"}, tag="Creating", scope=PROJECTS, is_write=True,
        body=LineAnswer, body_example=ANSWER,
    )  # fmt: skip
    @idempotent
    def put(self, request: Request, slug: str, comment_id: int) -> Response:
        project, asked = own_project(request, slug, "edit"), body_of(request, LineAnswer)
        if not project.line_comments.filter(pk=comment_id).exists():
            raise Http404
        done = answer_line(comment_id=comment_id, by=caller(request), answer=asked["answer"], now=business_now())
        return Response(comment_row(done))
