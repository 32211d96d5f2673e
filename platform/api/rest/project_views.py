"""Projects for everybody: the list with the filters of the discover page, and what belongs to each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import F, FloatField, IntegerField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Least
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import examples as ex
from api.rest import shapes
from api.rest.base import ApiView
from api.rest.document import operation, text
from api.rest.ledger_facts import ledger_line, ledger_total
from api.rest.paging import Order, Page, limit_of, moment, page_of, whole
from api.rest.project_facts import as_rows, meters, project_row, project_whole
from payments.papers import public_ledger
from projects.discovery.asking import MOST_CHOSEN, Asked, asked_of, narrowed
from projects.discovery.keeping import kept
from projects.discovery.matching import Matched, matching
from projects.models import Project
from projects.totals import totals_of

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
State = Project.State
SHARE = Least("listing__money_permille", "listing__compute_permille", output_field=IntegerField())
ORDERS = {
    "trending": Order("trending", Coalesce(F("listing__trend"), 0.0, output_field=FloatField()), float),
    "newest": Order("newest", Coalesce("launched_at", Value(NEVER)), moment),
    "ending": Order("ending", F("deadline_at"), moment, is_descending=False),
    "funded": Order("funded", Coalesce(SHARE, -1), whole),
}
NEWEST = ORDERS["newest"]


def _any(name: str, description: str, **schema: Any) -> OpenApiParameter:
    """A facet: given several times, any of its values is enough."""
    several = {"type": "array", "items": {"type": "string", **schema}, "maxItems": MOST_CHOSEN}
    return OpenApiParameter(name, several, description=f"{description} Several: any of them.", explode=True)


FILTERS = (
    text("q", "Words; a typo finds what is spelled alike.", maxLength=120),
    _any("kind", "Kind of model.", enum=Project.ModelKind.values),
    _any("license", "SPDX expression of the weights' licence.", maxLength=120),
    _any("state", "State of the project.", enum=[str(state) for state in State if state not in Project.PRIVATE_STATES]),
    _any("language", "BCP 47 tag of a language of the model.", maxLength=40),
    _any("needs", "What is still missing.", enum=["money", "compute"]),
    _any("memory", "GPU memory in GiB that one machine needs.", pattern="^[0-9]{1,4}$"),
    text("sort", "Order; best match when words are searched for.", enum=list(ORDERS)),
)


def public_project(slug: str) -> Project:
    """With its creator. Raises Http404 for what is not public."""
    project = Project.objects.public().select_related("creator").filter(slug=slug).first()
    if project is None:
        raise Http404
    return project


def asked_for(request: Request) -> Asked:
    """The question of the discover page; its own name of the trending order is the empty one."""
    asked = asked_of(request.query_params)
    if asked.sort and asked.sort not in ORDERS:
        raise ValidationError({"sort": f"One of {', '.join(ORDERS)} is needed."})
    return asked


def _order(asked: Asked, matched: Matched | None) -> Order:
    if matched is not None and not asked.sort:
        place = RawSQL('array_position(%s::bigint[], "projects_project"."id")', [matched.ids])
        return Order("best", place, whole, is_descending=False)
    return ORDERS[asked.sort or "trending"]


class ProjectsView(ApiView):
    @operation(
        "list_projects", "Find projects", shapes.ProjectRow, ex.PROJECT, tag="Projects", many=True, query=FILTERS
    )
    def get(self, request: Request) -> Response:
        asked = asked_for(request)
        return Response(kept(f"api {request.build_absolute_uri()}", lambda: _rows(request, asked)))


def _rows(request: Request, asked: Asked) -> dict[str, Any]:
    matched = matching(asked.text) if asked.text else None
    projects = as_rows(narrowed(matched, asked))
    if asked.sort == "ending":
        projects = projects.filter(state=State.LIVE)
    page = page_of(request, projects, _order(asked, matched))
    totals = totals_of(page.rows)
    return page.answer([project_row(project, totals[project.pk]) for project in page.rows])


class ProjectView(ApiView):
    @operation("read_project", "A project", shapes.ProjectWhole, ex.PROJECT_WHOLE, tag="Projects")
    def get(self, request: Request, slug: str) -> Response:
        project = public_project(slug)
        return Response(project_whole(project, totals_of([project])[project.pk]))


class MetersView(ApiView):
    @operation("read_meters", "Pledged and reached, in money and GPU time", shapes.Meters, ex.METERS, tag="Projects")
    def get(self, request: Request, slug: str) -> Response:
        project = public_project(slug)
        return Response(meters(project, totals_of([project])[project.pk]))


class LedgerView(ApiView):
    @operation(
        "list_ledger", "Every movement of a project's money", shapes.LedgerLine, ex.LEDGER_LINE, tag="Projects",
        many=True,
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        project, limit = public_project(slug), limit_of(request)
        cursor = request.query_params.get("cursor")
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise ValidationError({"cursor": "This cursor is none of this list. Begin without one."})
        lines, older = public_ledger.page_of(project, int(cursor) if cursor else None, limit)
        return Response(Page([], _next(request, older)).answer([ledger_line(line) for line in lines]))


class LedgerTotalsView(ApiView):
    @operation("read_ledger_totals", "Running totals of the ledger", shapes.LedgerTotals, ex.TOTALS, tag="Projects")
    def get(self, request: Request, slug: str) -> Response:
        return Response({"totals": [ledger_total(total) for total in public_ledger.totals_of(public_project(slug))]})


def _next(request: Request, older: int | None) -> str | None:
    if older is None:
        return None
    query: Any = request.query_params.copy()
    query["cursor"] = str(older)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
