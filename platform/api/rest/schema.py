"""The OpenAPI document of the public API, made once per process from the views themselves."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils import translation
from django.views.decorators.http import etag, require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # reason: an untyped hook there
    """How a personal token is sent."""

    target_class = "api.rest.auth.PersonalTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A personal token, made on your page of tokens."}


@cache
def document() -> dict[str, Any]:
    """OpenAPI 3. Only the public API: agents' addresses are no part of it."""
    patterns = [path("api/v1/", include("api.rest.urls"))]
    # In English whoever asks first: it is kept for everybody.
    with translation.override("en"):
        found: dict[str, Any] = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # reason: no types there
        found["servers"] = [{"url": settings.SITE_URL}]
        plain: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return plain


@cache
def _bytes() -> bytes:
    return json.dumps(document(), indent=1, ensure_ascii=False).encode()


def _tag(request: HttpRequest) -> str:
    return f'"{hashlib.sha256(_bytes()).hexdigest()[:32]}"'


@require_safe
@etag(_tag)
def schema_view(request: HttpRequest) -> HttpResponse:
    """For programs; people read the reference page."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
    return HttpResponse(_bytes(), content_type="application/vnd.oai.openapi+json", headers=headers)
