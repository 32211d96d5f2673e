"""Saved searches of the caller, collections that staff made, and projects that are like another."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import F
from django.http import Http404
from django.urls import reverse
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import examples as ex
from api.rest import shapes
from api.rest.asking import REMOVED, Removed, body_of
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.rest.paging import Order, moment, page_of, whole
from api.rest.project_facts import project_row, site
from api.rest.project_views import public_project
from api.scopes import COMMUNITY, READ
from clock.services import business_now
from projects.discovery.asking import LONGEST
from projects.discovery.collecting import projects_in
from projects.discovery.rows import similar_to
from projects.discovery.saved import save_search
from projects.models import Collection, Project, SavedSearch
from projects.totals import totals_of


class SearchShape(s.Serializer[Any]):
    id = s.IntegerField()
    name = s.CharField()
    query = s.CharField(help_text="As an address of the discover page carries it.")
    every = s.ChoiceField(SavedSearch.Every.choices, help_text="How often you are told of what is new.")
    page = s.CharField()
    created_at = s.DateTimeField()


class NewSearch(s.Serializer[Any]):
    name = s.CharField(max_length=80)
    query = s.CharField(max_length=100 * LONGEST)
    every = s.ChoiceField(SavedSearch.Every.choices, default=SavedSearch.Every.WEEK)


class CollectionShape(s.Serializer[Any]):
    slug = s.CharField()
    page = s.CharField()
    title = s.CharField()
    text = s.CharField(help_text="Markdown.")
    made_at = s.DateTimeField()


class CollectionWhole(CollectionShape):
    projects = shapes.ProjectRow(many=True)


class ProjectsShape(s.Serializer[Any]):
    items = shapes.ProjectRow(many=True)


NEW = {"name": "Small code models", "query": "q=python&needs=compute", "every": "day"}
SEARCH = {
    "id": 12, **NEW, "page": "https://commonweave.example/discover/?q=python&needs=compute",
    "created_at": "2026-10-01T09:00:00Z",
}  # fmt: skip
COLLECTION = {
    "slug": "for-classrooms", "page": "https://commonweave.example/collections/for-classrooms/",
    "title": "For classrooms", "text": "Models that teach.", "made_at": "2026-10-01T09:00:00Z",
}  # fmt: skip


def _search(row: SavedSearch) -> dict[str, Any]:
    return {
        "id": row.pk, "name": row.name, "query": row.query, "every": row.every, "created_at": row.created_at,
        "page": site(f"{reverse('projects:discover')}?{row.query}"),
    }  # fmt: skip


def _collection(row: Collection) -> dict[str, Any]:
    return {
        "slug": row.slug, "page": site(row.get_absolute_url()), "title": row.title, "text": row.text,
        "made_at": row.made_at,
    }  # fmt: skip


def _projects(found: list[Project]) -> list[dict[str, Any]]:
    totals = totals_of(found)
    return [project_row(project, totals[project.pk]) for project in found]


class SearchesView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "post": COMMUNITY}

    @operation("list_my_searches", "Searches that I saved", SearchShape, SEARCH, tag="Mine", many=True, scope=READ)
    def get(self, request: Request) -> Response:
        mine = SavedSearch.objects.filter(owner=caller(request))
        page = page_of(request, mine, Order("id", F("pk"), whole))
        return Response(page.answer([_search(row) for row in page.rows]))

    @operation(
        "save_search", "Save a search; the same one saved again gets its new name and rhythm", SearchShape, SEARCH,
        tag="Mine", scope=COMMUNITY, is_write=True, body=NewSearch, body_example=NEW, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request) -> Response:
        asked = body_of(request, NewSearch)
        return Response(_search(save_search(owner=caller(request), now=business_now(), **asked)), status=201)


class SearchView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"delete": COMMUNITY}

    @operation("forget_search", "Remove a saved search", Removed, REMOVED, tag="Mine", scope=COMMUNITY, is_write=True)
    @idempotent
    def delete(self, request: Request, search_id: int) -> Response:
        if not SavedSearch.objects.filter(owner=caller(request), pk=search_id).delete()[0]:
            raise Http404
        return Response(REMOVED)


class CollectionsView(ApiView):
    @operation(
        "list_collections", "Collections that staff made", CollectionShape, COLLECTION, tag="Projects", many=True
    )
    def get(self, request: Request) -> Response:
        shown = Collection.objects.filter(is_shown=True)
        page = page_of(request, shown, Order("made", F("made_at"), moment))
        return Response(page.answer([_collection(row) for row in page.rows]))


class CollectionView(ApiView):
    @operation(
        "read_collection", "A collection with its projects in order", CollectionWhole,
        {**COLLECTION, "projects": [ex.PROJECT]}, tag="Projects",
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        found = Collection.objects.filter(is_shown=True, slug=slug).first()
        if found is None:
            raise Http404
        return Response({**_collection(found), "projects": _projects(projects_in(found))})


class SimilarView(ApiView):
    @operation(
        "list_similar", "Projects that share words and kind, the likest first", ProjectsShape, {"items": [ex.PROJECT]},
        tag="Projects",
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        return Response({"items": _projects(similar_to(public_project(slug)))})
