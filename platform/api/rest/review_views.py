"""What reviewers do: the queue, what was handed in line by line, taking it on, comments and decisions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import F
from django.http import Http404
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import shapes
from api.rest.asking import MOST_NUMBER, body_of, judged
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.rest.paging import Order, moment, page_of
from api.rest.project_facts import person, site
from api.scopes import STAFF
from clock.services import business_now
from projects.models import LineComment, Project, Review, ReviewPoint
from projects.review.claiming import claim, in_the_way, open_claims, release_claim, submission_of
from projects.review.deciding import decide
from projects.review.forms import ReviewForm
from projects.review.lines import Section, comment_on_line, sections_of
from projects.review.parts import PARTS, STORY
from projects.review.points import CANNED, POINTS
from projects.review.queueing import Waiting, in_review, waiting_of


class WaitingShape(s.Serializer[Any]):
    project = s.CharField(help_text="Its slug.")
    title = s.CharField()
    page = s.CharField(help_text="Where it is reviewed by hand.")
    handed_in_at = s.DateTimeField()
    due_at = s.DateTimeField()
    is_overdue = s.BooleanField()
    taken_by = shapes.Person(many=True)
    is_mine = s.BooleanField()
    is_tied = s.BooleanField(help_text="You have a stake in it: others decide.")


class LineCommentShape(s.Serializer[Any]):
    id = s.IntegerField()
    reviewer = shapes.Person()
    words = s.CharField()
    answer = s.CharField()
    answered_at = s.DateTimeField(allow_null=True)


class LineShape(s.Serializer[Any]):
    line = s.IntegerField()
    text = s.CharField(help_text="Markdown.")
    comments = LineCommentShape(many=True)


class PartShape(s.Serializer[Any]):
    part = s.CharField()
    lines = LineShape(many=True)
    gone = LineCommentShape(many=True, help_text="Of lines that are no longer there.")


class ReviewShape(s.Serializer[Any]):
    reviewer = shapes.Person()
    submission = s.IntegerField()
    decision = s.ChoiceField(Review.Decision.choices)
    reasons = s.CharField()
    decided_at = s.DateTimeField()


class Reviewed(s.Serializer[Any]):
    project = s.CharField()
    title = s.CharField()
    state = s.ChoiceField(Project.State.choices)
    submission = s.IntegerField(help_text="Counted from 1.")
    parts = PartShape(many=True)
    reviews = ReviewShape(many=True)


class Submission(Reviewed):
    refusal = s.CharField(help_text="Why you may not decide on it now, or empty.")
    taken_by = shapes.Person(many=True)


class PointBody(s.Serializer[Any]):
    point = s.ChoiceField([key for key, _label, _hint in POINTS])
    verdict = s.ChoiceField(ReviewPoint.Verdict.choices)
    evidence = s.CharField(
        max_length=500, required=False, default="", allow_blank=True, help_text="What you looked at."
    )


class Decision(s.Serializer[Any]):
    decision = s.ChoiceField(Review.Decision.choices)
    reasons = s.CharField(max_length=4000, required=False, default="", allow_blank=True)
    canned = s.ListField(
        child=s.ChoiceField([key for key, _words in CANNED]), required=False, default=list,
        max_length=len(CANNED), help_text="Reasons that come up often; their sentences stand before yours.",
    )  # fmt: skip
    points = s.ListField(
        child=PointBody(),
        required=False,
        default=list,
        max_length=len(POINTS),
        help_text="An approval needs every one.",
    )


class NewLineComment(s.Serializer[Any]):
    part = s.ChoiceField([part.key for part in PARTS], required=False, default=STORY)
    line = s.IntegerField(min_value=1, max_value=MOST_NUMBER)
    words = s.CharField(max_length=2000)


_WHO = {"id": 12, "name": "Rev. One"}
_SAID = {"reviewer": _WHO, "submission": 1, "decision": "request_changes", "reasons": "Name every source.",
         "decided_at": "2026-09-20T09:00:00Z"}  # fmt: skip
COMMENT = {"id": 3, "reviewer": _WHO, "words": "Which corpus?", "answer": "", "answered_at": None}
WAITING = {
    "project": "pocket-python", "title": "Pocket Python", "page": "https://commonweave.example/review/pocket-python/",
    "handed_in_at": "2026-09-18T09:00:00Z", "due_at": "2026-09-23T09:00:00Z", "is_overdue": False, "taken_by": [_WHO],
    "is_mine": True, "is_tied": False,
}  # fmt: skip
REVIEWED = {
    "project": "pocket-python", "title": "Pocket Python", "state": "in_review", "submission": 2, "reviews": [_SAID],
    "parts": [
        {"part": "story", "lines": [{"line": 1, "text": "We train on code.", "comments": [COMMENT]}], "gone": []}
    ],
}  # fmt: skip
SUBMISSION = {**REVIEWED, "refusal": "", "taken_by": [_WHO]}
NEW_COMMENT = {"part": "story", "line": 1, "words": "Which corpus?"}
DECISION = {
    "decision": "request_changes", "reasons": "Say what happens with the rest of the money.", "canned": ["data"],
    "points": [{"point": "budget", "verdict": "concern", "evidence": "Line 3"}],
}  # fmt: skip


def _reviewed(request: Request, slug: str) -> Project:
    """Raises Http404 for whoever is no reviewer."""
    project = Project.objects.handed_in().select_related("creator").filter(slug=slug).first()
    if project is None or not caller(request).is_reviewer:
        raise Http404
    return project


def _answer(request: Request, project: Project, status: int = 200) -> Response:
    project.refresh_from_db()
    taken_by = [person(one.reviewer) for one in open_claims(project, business_now())]
    refusal = in_the_way(project, caller(request))
    return Response({**said_of(project), "refusal": refusal, "taken_by": taken_by}, status=status)


def said_of(project: Project) -> dict[str, Any]:
    """What was handed in, line by line, with what reviewers said of it."""
    reviews = project.reviews.select_related("reviewer")
    return {
        "project": project.slug, "title": project.title, "state": project.state, "submission": submission_of(project),
        "parts": [_part(section) for section in sections_of(project)],
        "reviews": [
            {"reviewer": person(one.reviewer), "submission": one.submission, "decision": one.decision,
             "reasons": one.reasons, "decided_at": one.decided_at}
            for one in reviews
        ],
    }  # fmt: skip


def _part(section: Section) -> dict[str, Any]:
    lines = [
        {"line": line.number, "text": line.source, "comments": [comment_row(one) for one in line.comments]}
        for line in section.paragraphs
    ]
    return {"part": section.key, "lines": lines, "gone": [comment_row(one) for one in section.gone]}


def comment_row(one: LineComment) -> dict[str, Any]:
    return {
        "id": one.pk, "reviewer": person(one.reviewer), "words": one.words, "answer": one.answer,
        "answered_at": one.answered_at,
    }  # fmt: skip


def _waiting(row: Waiting) -> dict[str, Any]:
    return {
        "project": row.project.slug, "title": row.project.title, "page": site(f"/review/{row.project.slug}/"),
        "handed_in_at": row.handed_in_at, "due_at": row.due_at, "is_overdue": row.is_overdue,
        "taken_by": [person(one.reviewer) for one in row.claims], "is_mine": row.is_mine, "is_tied": row.is_tied,
    }  # fmt: skip


class ReviewsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": STAFF}

    @operation(
        "list_submissions", "Projects that wait for review, the oldest first", WaitingShape, WAITING, tag="Staff",
        scope=STAFF, many=True,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        if not caller(request).is_reviewer:
            raise Http404
        page = page_of(request, in_review(), Order("handed_in", F("handed_in_at"), moment, is_descending=False))
        rows = waiting_of(page.rows, reviewer=caller(request), now=business_now())
        return Response(page.answer([_waiting(row) for row in rows]))


class SubmissionView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": STAFF}

    @operation(
        "read_submission", "What was handed in, line by line, with what was said of it", Submission, SUBMISSION,
        tag="Staff", scope=STAFF,
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        return _answer(request, _reviewed(request, slug))


class ClaimView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"put": STAFF, "delete": STAFF}

    @operation(
        "claim_submission", "Take a submission on, for three working days", Submission, SUBMISSION, tag="Staff",
        scope=STAFF, is_write=True,
    )  # fmt: skip
    @idempotent
    def put(self, request: Request, slug: str) -> Response:
        project = _reviewed(request, slug)
        claim(project_id=project.pk, reviewer=caller(request), now=business_now())
        return _answer(request, project)

    @operation("release_submission", "Give it back", Submission, SUBMISSION, tag="Staff", scope=STAFF, is_write=True)
    @idempotent
    def delete(self, request: Request, slug: str) -> Response:
        project = _reviewed(request, slug)
        release_claim(project_id=project.pk, reviewer=caller(request), now=business_now())
        return _answer(request, project)


class LineCommentsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": STAFF}

    @operation(
        "comment_on_line", "Say something about one line; the team reads it beside its text", LineCommentShape,
        COMMENT, tag="Staff", scope=STAFF, is_write=True, body=NewLineComment, body_example=NEW_COMMENT, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project, asked = _reviewed(request, slug), body_of(request, NewLineComment)
        made = comment_on_line(
            project_id=project.pk, reviewer=caller(request), part=asked["part"], paragraph=asked["line"],
            words=asked["words"], now=business_now(),
        )  # fmt: skip
        return Response(comment_row(made), status=201)


class DecisionView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": STAFF}

    @operation(
        "decide", "Approve with the whole checklist, ask for changes with reasons, or comment", Submission, SUBMISSION,
        tag="Staff", scope=STAFF, is_write=True, body=Decision, body_example=DECISION, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project, asked = _reviewed(request, slug), body_of(request, Decision)
        typed: dict[str, Any] = {name: asked[name] for name in ("decision", "reasons", "canned")}
        for row in asked["points"]:
            typed |= {f"verdict_{row['point']}": row["verdict"], f"evidence_{row['point']}": row["evidence"]}
        form = judged(ReviewForm(typed))
        decide(
            project_id=project.pk, reviewer=caller(request), decision=asked["decision"], now=business_now(),
            reasons=form.cleaned_data["words"], points=form.points(),
        )  # fmt: skip
        return _answer(request, project, status=201)
