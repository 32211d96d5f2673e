"""A project's team: who is on it, whom its creator invites, and invitations that the caller answers."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F
from django.http import Http404
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest.asking import REMOVED, Removed, body_of, own_project
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.rest.paging import Order, moment, page_of
from api.rest.project_facts import person
from api.rest.shapes import Person
from api.scopes import COMMUNITY, PROJECTS, READ
from clock.services import business_now
from projects import teammates as services
from projects.models import Project, Role, TeamInvitation
from projects.roles import can

INVITED = Order("invited", F("invited_at"), moment)


class MateShape(s.Serializer[Any]):
    person = Person()
    role = s.ChoiceField(Role.choices)


class InvitationShape(s.Serializer[Any]):
    id = s.UUIDField()
    project = s.CharField()
    email = s.CharField()
    role = s.ChoiceField(Role.choices)
    invited_at = s.DateTimeField()


class TeamShape(s.Serializer[Any]):
    creator = Person()
    mates = MateShape(many=True)
    invitations = InvitationShape(many=True, help_text="Open ones; for who names the team.")


class NewInvitation(s.Serializer[Any]):
    email = s.EmailField(max_length=254)
    role = s.ChoiceField(Role.choices)


class NewRole(s.Serializer[Any]):
    role = s.ChoiceField(Role.choices)


class Answer(s.Serializer[Any]):
    accepts = s.BooleanField()


INVITATION = {
    "id": "0f2e5bb6-3c1d-4f7a-9d55-1f0a7c1f4d11", "project": "pocket-python", "email": "lin@example.org",
    "role": "writer", "invited_at": "2026-10-01T09:00:00Z",
}  # fmt: skip
TEAM = {
    "creator": {"id": 7, "name": "Ada Weaver"}, "mates": [{"person": {"id": 9, "name": "Lin"}, "role": "trainer"}],
    "invitations": [INVITATION],
}  # fmt: skip


def _invitation(row: TeamInvitation) -> dict[str, Any]:
    return {
        "id": row.pk, "project": row.project.slug, "email": row.email, "role": row.role, "invited_at": row.invited_at,
    }  # fmt: skip


def _team(request: Request, project: Project) -> Response:
    mates = project.teammates.filter(ended_at=None).select_related("user")
    open_ones = project.invitations.filter(closed_at=None).select_related("project")
    return Response({
        "creator": person(project.creator),
        "mates": [{"person": person(mate.user), "role": mate.role} for mate in mates],
        "invitations": [_invitation(row) for row in open_ones] if can(caller(request), project, "team") else [],
    })  # fmt: skip


class TeamView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "post": PROJECTS}

    @operation("read_team", "Who works on a project", TeamShape, TEAM, tag="Creating", scope=READ)
    def get(self, request: Request, slug: str) -> Response:
        return _team(request, own_project(request, slug, "see"))

    @operation(
        "invite_teammate", "Offer a role to a mail address", TeamShape, TEAM, tag="Creating", scope=PROJECTS,
        is_write=True, body=NewInvitation, body_example={"email": "lin@example.org", "role": "writer"},
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project, asked = own_project(request, slug, "team"), body_of(request, NewInvitation)
        services.invite(project=project, by=caller(request), now=business_now(), **asked)
        return _team(request, project)


class MateView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"patch": PROJECTS, "delete": PROJECTS}

    @operation(
        "change_role", "Give a teammate another role", TeamShape, TEAM, tag="Creating", scope=PROJECTS, is_write=True,
        body=NewRole, body_example={"role": "trainer"},
    )  # fmt: skip
    @idempotent
    def patch(self, request: Request, slug: str, user_id: int) -> Response:
        project, role = own_project(request, slug, "team"), body_of(request, NewRole)["role"]
        services.change_role(project=project, by=caller(request), user_id=user_id, role=role)
        return _team(request, project)

    @operation(
        "remove_teammate", "Take somebody out of the team, or leave it", Removed, REMOVED, tag="Creating",
        scope=PROJECTS, is_write=True,
    )  # fmt: skip
    @idempotent
    def delete(self, request: Request, slug: str, user_id: int) -> Response:
        project = own_project(request, slug, "see")
        services.remove_teammate(project=project, by=caller(request), user_id=user_id, now=business_now())
        return Response(REMOVED)


class WithdrawInvitationView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"delete": PROJECTS}

    @operation(
        "withdraw_invitation", "Take an invitation back", Removed, REMOVED, tag="Creating", scope=PROJECTS,
        is_write=True,
    )  # fmt: skip
    @idempotent
    def delete(self, request: Request, slug: str, invitation_id: UUID) -> Response:
        project = own_project(request, slug, "team")
        if not project.invitations.filter(pk=invitation_id).exists():
            raise Http404
        services.withdraw_invitation(
            project=project, by=caller(request), invitation_id=str(invitation_id), now=business_now()
        )
        return Response(REMOVED)


class InvitationsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "list_my_invitations", "Invitations to teams that I have not answered", InvitationShape, INVITATION, tag="Mine",
        many=True, scope=READ,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        page = page_of(request, _mine(request), INVITED)
        return Response(page.answer([_invitation(row) for row in page.rows]))


class InvitationView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": COMMUNITY}

    @operation(
        "answer_invitation", "Join a team, or decline", InvitationShape, INVITATION, tag="Mine", scope=COMMUNITY,
        is_write=True, body=Answer, body_example={"accepts": True},
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, invitation_id: UUID) -> Response:
        if (found := _mine(request).filter(pk=invitation_id).first()) is None:
            raise Http404
        accepts = body_of(request, Answer)["accepts"]
        services.answer_invitation(invitation=found, user=caller(request), accepts=accepts, now=business_now())
        return Response(_invitation(found))


def _mine(request: Request) -> Any:
    mine = TeamInvitation.objects.filter(email__iexact=caller(request).email, closed_at=None)
    return mine.select_related("project")
