"""Reports as those see them who look at them: admins and reviewers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import F, QuerySet
from django.http import Http404
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import shapes
from api.rest.asking import body_of
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation, text
from api.rest.idempotency import idempotent
from api.rest.paging import Order, page_of, whole
from api.rest.project_facts import person, site
from api.rest.report_views import REPORT, ReportShape, report_row
from api.scopes import STAFF
from clock.services import business_now
from projects.models import Report
from projects.trust.reporting import close_report, may_triage, reports_for, take_report
from projects.trust.targets import find_target


class TriageRow(ReportShape):
    target_id = s.IntegerField(help_text="Number of what is reported.")
    reporter = shapes.Person()
    handler = shapes.Person(allow_null=True)
    closed_at = s.DateTimeField(allow_null=True)


class TriageWhole(TriageRow):
    title = s.CharField(help_text="Of what is reported; empty where it is gone.")
    page = s.CharField()
    text = s.CharField(help_text="The words that are reported, of a comment.")


class Closing(s.Serializer[Any]):
    outcome = s.ChoiceField(Report.Outcome.choices)
    words = s.CharField(max_length=1000, help_text="The reporter reads it.")


ROW = {
    **REPORT, "target_id": 44, "reporter": {"id": 9, "name": "Lin"}, "handler": {"id": 12, "name": "Rev. One"},
    "closed_at": None,
}  # fmt: skip
WHOLE = {
    **ROW, "title": "Pocket Python", "page": "https://commonweave.example/projects/pocket-python/", "text": "",
}  # fmt: skip
CLOSING = {"outcome": "nothing", "words": "The texts are quotes, each with its source."}


def _reports(request: Request) -> QuerySet[Report]:
    """Raises Http404 for whoever does not look at reports."""
    if not may_triage(caller(request)):
        raise Http404
    return reports_for(caller(request))


def _report(request: Request, report_id: int) -> Report:
    """Raises Http404 for what is not there or about the caller."""
    if (found := _reports(request).filter(pk=report_id).first()) is None:
        raise Http404
    return found


def _row(found: Report) -> dict[str, Any]:
    return {
        **report_row(found), "target_id": found.target_id, "reporter": person(found.reporter),
        "handler": person(found.handler), "closed_at": found.closed_at,
    }  # fmt: skip


def _answer(found: Report) -> Response:
    target = find_target(found.target, found.target_id)
    about = {"title": target.title, "page": site(target.path), "text": target.text} if target else {}
    return Response({**_row(found), "title": "", "page": "", "text": "", **about})


class TriageView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": STAFF}

    @operation(
        "list_reports", "What was reported, the oldest first; closed ones where they are asked for", TriageRow, ROW,
        tag="Staff", scope=STAFF, many=True, query=(text("state", "Which.", enum=Report.State.values),),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        rows, state = _reports(request), request.query_params.get("state", "")
        rows = rows.filter(state=state) if state in Report.State.values else rows.exclude(state=Report.State.CLOSED)
        page = page_of(request, rows, Order("id", F("pk"), whole, is_descending=False))
        return Response(page.answer([_row(row) for row in page.rows]))


class TriageOneView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": STAFF}

    @operation("read_report", "A report with what it is about", TriageWhole, WHOLE, tag="Staff", scope=STAFF)
    def get(self, request: Request, report_id: int) -> Response:
        return _answer(_report(request, report_id))


class TakeReportView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"put": STAFF}

    @operation("take_report", "Say that you look at it", TriageWhole, WHOLE, tag="Staff", scope=STAFF, is_write=True)
    @idempotent
    def put(self, request: Request, report_id: int) -> Response:
        found = _report(request, report_id)
        return _answer(take_report(report_id=found.pk, by=caller(request), now=business_now()))


class CloseReportView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": STAFF}

    @operation(
        "close_report", "Close it with what came of it; the reporter is told, and the deed is kept", TriageWhole, WHOLE,
        tag="Staff", scope=STAFF, is_write=True, body=Closing, body_example=CLOSING,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, report_id: int) -> Response:
        found, asked = _report(request, report_id), body_of(request, Closing)
        return _answer(close_report(report_id=found.pk, by=caller(request), now=business_now(), **asked))
