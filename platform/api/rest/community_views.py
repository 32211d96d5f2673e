"""The caller's notices, and what they follow."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import F
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import examples as ex
from api.rest import shapes
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.rest.paging import Order, page_of, whole
from api.rest.project_facts import project_row, site
from api.rest.project_views import NEWEST, public_project
from api.scopes import COMMUNITY, READ
from notices.models import Notice
from notices.services import mark_read
from projects.following import follow_project
from projects.models import Project
from projects.totals import totals_of


class NoticesView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "list_my_notices", "What I was told, the newest first", shapes.NoticeShape, ex.NOTICE, tag="Mine", many=True,
        scope=READ,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        page = page_of(request, Notice.objects.filter(person=caller(request)), Order("number", F("pk"), whole))
        return Response(page.answer([_notice(notice) for notice in page.rows]))


class ReadNoticesView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": COMMUNITY}

    @operation(
        "read_my_notices", "Mark all notices as read", shapes.CountShape, ex.COUNT, tag="Mine", scope=COMMUNITY,
        is_write=True,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request) -> Response:
        return Response({"count": mark_read(person=caller(request), now=timezone.now())})


class FollowedView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "list_followed", "Projects that I follow", shapes.ProjectRow, ex.PROJECT, tag="Mine", many=True, scope=READ
    )
    def get(self, request: Request) -> Response:
        mine = Project.objects.public().filter(follows__user=caller(request)).select_related("creator")
        page = page_of(request, mine.defer("story", "story_html"), NEWEST)
        totals = totals_of(page.rows)
        return Response(page.answer([project_row(project, totals[project.pk]) for project in page.rows]))


class FollowView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"put": COMMUNITY, "delete": COMMUNITY}

    @operation(
        "follow_project", "Follow a project", shapes.FollowShape, ex.FOLLOW, tag="Mine", scope=COMMUNITY, is_write=True
    )
    @idempotent
    def put(self, request: Request, slug: str) -> Response:
        return self._follow(request, slug, wants=True)

    @operation(
        "unfollow_project", "Follow a project no longer", shapes.FollowShape, ex.FOLLOW, tag="Mine", scope=COMMUNITY,
        is_write=True,
    )  # fmt: skip
    @idempotent
    def delete(self, request: Request, slug: str) -> Response:
        return self._follow(request, slug, wants=False)

    def _follow(self, request: Request, slug: str, *, wants: bool) -> Response:
        project = public_project(slug)
        follow_project(user=caller(request), project=project, wants=wants, now=timezone.now())
        return Response({"project": project.slug, "is_followed": wants})


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.pk, "kind": notice.kind, "title": notice.title, "body": notice.body,
        "page": site(notice.path) if notice.path else "", "created_at": notice.created_at, "read_at": notice.read_at,
    }  # fmt: skip
