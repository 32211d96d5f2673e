"""Reports over the API: made by anyone who is signed in, each with what became of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import F
from django.http import Http404
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest.asking import MOST_NUMBER, body_of
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.rest.paging import Order, page_of, whole
from api.scopes import COMMUNITY, READ
from clock.services import business_now
from projects.models import Project, Report
from projects.trust.reporting import report
from projects.trust.targets import find_visible


class NewReport(s.Serializer[Any]):
    target = s.ChoiceField(Report.Target.choices)
    id = s.IntegerField(min_value=1, max_value=MOST_NUMBER, required=False, help_text="Of a comment or person.")
    slug = s.SlugField(max_length=80, required=False, help_text="Of a project.")
    reason = s.ChoiceField(Report.Reason.choices)
    words = s.CharField(max_length=2000)


class ReportShape(s.Serializer[Any]):
    id = s.IntegerField()
    target = s.ChoiceField(Report.Target.choices)
    reason = s.ChoiceField(Report.Reason.choices)
    words = s.CharField()
    state = s.ChoiceField(Report.State.choices)
    outcome = s.CharField(help_text="Empty until it is closed.")
    closing_words = s.CharField()
    reported_at = s.DateTimeField()


NEW = {"target": "project", "slug": "pocket-python", "reason": "spam", "words": "The same text as three others."}
REPORT = {
    "id": 6, "target": "project", "reason": "spam", "words": NEW["words"], "state": "open", "outcome": "",
    "closing_words": "", "reported_at": "2026-10-01T09:00:00Z",
}  # fmt: skip
_NAMES = tuple(REPORT)


def report_row(found: Report) -> dict[str, Any]:
    """What its reporter sees."""
    return {name: found.pk if name == "id" else getattr(found, name) for name in _NAMES}


class ReportsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "post": COMMUNITY}

    @operation("list_my_reports", "What I reported, and what became of it", ReportShape, REPORT, tag="Mine", many=True,
               scope=READ)  # fmt: skip
    def get(self, request: Request) -> Response:
        mine = Report.objects.filter(reporter=caller(request))
        page = page_of(request, mine, Order("id", F("pk"), whole))
        return Response(page.answer([report_row(row) for row in page.rows]))

    @operation(
        "report", "Report a project, a comment or a person to those who run the platform", ReportShape, REPORT,
        tag="Mine", scope=COMMUNITY, is_write=True, body=NewReport, body_example=NEW, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request) -> Response:
        asked = body_of(request, NewReport)
        target = find_visible(asked["target"], _number(asked), caller(request))
        if target is None:
            raise Http404
        made = report(
            target=target, reporter=caller(request), reason=asked["reason"], words=asked["words"], now=business_now()
        )
        return Response(report_row(made), status=201)


def _number(asked: dict[str, Any]) -> int:
    """Raises ValidationError where nothing is named."""
    if asked["target"] != Report.Target.PROJECT:
        if "id" not in asked:
            raise s.ValidationError({"id": "Say which."})
        return int(asked["id"])
    if "slug" not in asked:
        raise s.ValidationError({"slug": "Say which."})
    found = Project.objects.public().filter(slug=asked["slug"]).values_list("pk", flat=True).first()
    if found is None:
        raise Http404
    return found
