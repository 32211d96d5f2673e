"""The caller's notices, and what they follow."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import F
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.rest import examples as ex
from api.rest import shapes
from api.rest.asking import body_of
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation, text
from api.rest.idempotency import idempotent
from api.rest.paging import Order, moment, page_of, whole
from api.rest.project_facts import as_rows, person, project_row, site
from api.rest.project_views import NEWEST, public_project
from api.scopes import COMMUNITY, READ
from clock.services import business_now
from notices.kinds import Delivery, Kind
from notices.models import Notice
from notices.services import choices_of, choose, mark_read
from projects.community.profiles import shown_people
from projects.following import follow_creator, follow_project
from projects.models import CreatorFollow, Project
from projects.totals import totals_of


class NoticesView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "list_my_notices", "What I was told, the newest first", shapes.NoticeShape, ex.NOTICE, tag="Mine", many=True,
        scope=READ,
        query=(text("state", "Those that are not read.", enum=["unread"]),
               text("kind", "Of one kind.", enum=Kind.values)),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        rows, asked = Notice.objects.filter(person=caller(request)), request.query_params
        rows = rows.unread() if asked.get("state") == "unread" else rows
        rows = rows.filter(kind=asked["kind"]) if asked.get("kind") in Kind.values else rows
        page = page_of(request, rows, Order("number", F("pk"), whole))
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


class ReadNoticeView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": COMMUNITY}

    @operation(
        "read_my_notice", "Mark one notice as read", shapes.NoticeShape, ex.NOTICE, tag="Mine", scope=COMMUNITY,
        is_write=True,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, notice_id: int) -> Response:
        person = caller(request)
        mark_read(person=person, now=timezone.now(), notice_id=notice_id)
        if (found := Notice.objects.filter(person=person, pk=notice_id).first()) is None:
            raise Http404
        return Response(_notice(found))


class NoticeChoice(s.Serializer[Any]):
    kind = s.ChoiceField(Kind.choices)
    delivery = s.ChoiceField(Delivery.choices)


class NoticeChoices(s.Serializer[Any]):
    choices = s.ListField(child=NoticeChoice(), max_length=len(Kind))


CHOICES = {"choices": [{"kind": "lab_note", "delivery": "daily"}]}


class NoticeChoicesView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "patch": COMMUNITY}

    @operation("read_notice_choices", "How I want to be told of what", NoticeChoices, CHOICES, tag="Mine", scope=READ)
    def get(self, request: Request) -> Response:
        return _choices(request)

    @operation(
        "change_notice_choices", "Choose how to be told; kinds that are left out stay", NoticeChoices, CHOICES,
        tag="Mine", scope=COMMUNITY, is_write=True, body=NoticeChoices, body_example=CHOICES,
    )  # fmt: skip
    @idempotent
    def patch(self, request: Request) -> Response:
        asked = body_of(request, NoticeChoices)["choices"]
        choose(person=caller(request), choices={Kind(row["kind"]): Delivery(row["delivery"]) for row in asked})
        return _choices(request)


def _choices(request: Request) -> Response:
    chosen = choices_of(caller(request))
    return Response({"choices": [{"kind": kind, "delivery": delivery} for kind, delivery in chosen.items()]})


class CreatorFollowShape(s.Serializer[Any]):
    creator = shapes.Person()
    is_followed = s.BooleanField()


FOLLOWED = {"creator": {"id": 7, "name": "Ada Weaver"}, "is_followed": True}


class FollowedCreatorsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "list_followed_creators", "Creators that I follow", CreatorFollowShape, FOLLOWED, tag="Mine", many=True,
        scope=READ,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        rows = CreatorFollow.objects.filter(user=caller(request)).select_related("creator")
        page = page_of(request, rows, Order("since", F("since"), moment))
        return Response(page.answer([_followed(row.creator, is_followed=True) for row in page.rows]))


class FollowCreatorView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"put": COMMUNITY, "delete": COMMUNITY}

    @operation(
        "follow_creator", "Follow a creator", CreatorFollowShape, FOLLOWED, tag="Mine", scope=COMMUNITY, is_write=True
    )
    @idempotent
    def put(self, request: Request, user_id: int) -> Response:
        return self._follow(request, user_id, wants=True)

    @operation(
        "unfollow_creator", "Follow a creator no longer", CreatorFollowShape, FOLLOWED, tag="Mine", scope=COMMUNITY,
        is_write=True,
    )  # fmt: skip
    @idempotent
    def delete(self, request: Request, user_id: int) -> Response:
        return self._follow(request, user_id, wants=False)

    def _follow(self, request: Request, user_id: int, *, wants: bool) -> Response:
        if (creator := shown_people().filter(pk=user_id).first()) is None:
            raise Http404
        follow_creator(user=caller(request), creator=creator, wants=wants, now=business_now())
        return Response(_followed(creator, is_followed=wants))


def _followed(creator: User, *, is_followed: bool) -> dict[str, Any]:
    return {"creator": person(creator), "is_followed": is_followed}


class FollowedView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "list_followed", "Projects that I follow", shapes.ProjectRow, ex.PROJECT, tag="Mine", many=True, scope=READ
    )
    def get(self, request: Request) -> Response:
        mine = Project.objects.public().filter(follows__user=caller(request))
        page = page_of(request, as_rows(mine), NEWEST)
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
