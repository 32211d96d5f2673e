"""A suspension as the project's creator sees it, and the one appeal against it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest.asking import body_of
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.scopes import PROJECTS, READ
from clock.services import business_now
from payments.services.appealing import may_appeal, open_appeal, suspension_of
from projects.fields import readable
from projects.models import Project, SuspensionAppeal


class AppealShape(s.Serializer[Any]):
    id = s.IntegerField()
    words = s.CharField()
    opened_at = s.DateTimeField()
    decided_at = s.DateTimeField(allow_null=True)
    is_granted = s.BooleanField(help_text="False until it is decided.")
    answer = s.CharField(help_text="Why, in the words of the admin who decided.")


class SuspensionShape(s.Serializer[Any]):
    project = s.CharField(help_text="Its slug.")
    is_suspended = s.BooleanField()
    reason = s.CharField(help_text="Empty where it is not suspended.")
    suspended_at = s.DateTimeField(allow_null=True)
    may_appeal = s.BooleanField(help_text="Once for each suspension.")
    appeals = AppealShape(many=True)


class NewAppeal(s.Serializer[Any]):
    words = s.CharField(max_length=4000, validators=[readable], help_text="Why the suspension should be lifted.")


NEW = {"words": "The texts are ours: every author signed, and the contracts are attached to the data sources."}
APPEAL = {
    "id": 5, **NEW, "opened_at": "2026-10-02T09:00:00Z", "decided_at": None, "is_granted": False, "answer": "",
}  # fmt: skip
SUSPENSION = {
    "project": "pocket-python", "is_suspended": True, "reason": "Its data may not be used without consent.",
    "suspended_at": "2026-10-01T09:00:00Z", "may_appeal": False, "appeals": [APPEAL],
}  # fmt: skip


def appeal_row(appeal: SuspensionAppeal) -> dict[str, Any]:
    """What its creator sees."""
    return {
        "id": appeal.pk, "words": appeal.words, "opened_at": appeal.opened_at, "decided_at": appeal.decided_at,
        "is_granted": appeal.is_granted, "answer": appeal.answer,
    }  # fmt: skip


def _created(request: Request, slug: str) -> Project:
    """As on the site, its creator's alone. Raises Http404."""
    found = Project.objects.filter(slug=slug, creator=caller(request)).first()
    if found is None:
        raise Http404
    return found


def _answer(project: Project, status: int = 200) -> Response:
    stands, appeals = suspension_of(project), list(project.suspension_appeals.all())
    return Response({
        "project": project.slug, "is_suspended": stands is not None, "reason": stands.reason if stands else "",
        "suspended_at": stands.happened_at if stands else None, "may_appeal": may_appeal(stands, appeals),
        "appeals": [appeal_row(one) for one in appeals],
    }, status=status)  # fmt: skip


class SuspensionView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "read_suspension", "Why my project is suspended, and what became of my appeals", SuspensionShape, SUSPENSION,
        tag="Creating", scope=READ,
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        return _answer(_created(request, slug))


class AppealsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": PROJECTS}

    @operation(
        "appeal", "Ask an admin who did not suspend my project to lift it; one that waits stays", SuspensionShape,
        SUSPENSION, tag="Creating", scope=PROJECTS, is_write=True, body=NewAppeal, body_example=NEW, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project, asked = _created(request, slug), body_of(request, NewAppeal)
        open_appeal(project_id=project.pk, by=caller(request), words=asked["words"], now=business_now())
        return _answer(project, status=201)
