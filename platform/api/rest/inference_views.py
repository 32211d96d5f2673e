"""For whoever serves a model to its backers: is a token good, and what of its quota is left."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import examples as ex
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.scopes import PROJECTS
from projects.fulfilment.benefits import use_token
from projects.models import Project
from projects.roles import can

MOST_UNITS = 10**9


class TokenUse(s.Serializer[Any]):
    token = s.CharField(max_length=200, help_text=_("What the backer sent to your endpoint."))
    units = s.IntegerField(min_value=0, max_value=MOST_UNITS, default=1, help_text=_("How much to count; 0 only asks."))


class TokenVerdict(s.Serializer[Any]):
    may_serve = s.BooleanField(help_text=_("Whether the call may be served; then the units are counted."))
    remaining = s.IntegerField(help_text=_("What is left of the quota."))


class InferenceTokensView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": PROJECTS}

    @operation(
        "use_inference_token", "Check a backer's inference token and count its quota", TokenVerdict, ex.TOKEN_VERDICT,
        tag="Projects", scope=PROJECTS, is_write=True, body=TokenUse, body_example=ex.TOKEN_USE,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project = Project.objects.filter(slug=slug).first()
        if project is None or not can(caller(request), project, "deliver"):
            raise Http404
        form = TokenUse(data=request.data)
        form.is_valid(raise_exception=True)
        verdict = use_token(project=project, **form.validated_data)
        return Response({"may_serve": verdict.is_valid, "remaining": verdict.remaining})
