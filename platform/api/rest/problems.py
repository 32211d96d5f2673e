"""Errors as problem+json (RFC 9457): a stable `code`, a sentence for people, and by field what is wrong."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from rest_framework.exceptions import APIException, NotAuthenticated, Throttled, ValidationError
from rest_framework.response import Response

from api.errors import HookRefused
from compute_pledges.errors import ComputeError
from payments.errors import PaymentsError
from projects.errors import ChangedElsewhere, ProjectError

CONTENT_TYPE = "application/problem+json"
PREFIX = "/api/"
# What services refuse is a conflict with how things stand, said in their own sentence.
REFUSALS = (ComputeError, HookRefused, PaymentsError, ProjectError)
CODES = {
    400: "bad_request", 401: "not_authenticated", 403: "not_allowed", 404: "not_found", 405: "method_not_allowed",
    409: "refused", 413: "too_large", 415: "unsupported_media_type", 422: "key_reused", 429: "too_many_requests",
    500: "server_error", 503: "unavailable",
}  # fmt: skip


# Of a 409: what was read is not what is saved by now. Beside `detail` come both texts.
CONFLICT = "conflict"


class KeyReused(APIException):
    """An Idempotency-Key came with another request before."""

    status_code = 422
    default_detail = "This Idempotency-Key was used for another request. Take a new key."


def problem(status: int, detail: str, code: str = "", **more: Any) -> dict[str, Any]:
    """The body of an error; `type` leads to where it is explained."""
    code = code or CODES.get(status, "error")
    address = f"{settings.SITE_URL}{reverse('api:reference')}#problem-{code}"
    return {
        "type": address, "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail, **more,
    }  # fmt: skip


def problem_of(error: Exception, sent: Any = None) -> Response | None:
    """The answer to an error that is the caller's; None for one that is ours. `sent` is the request's body."""
    if isinstance(error, REFUSALS):
        return _answer(_refusal(error, sent))
    if isinstance(error, Http404):
        return _answer(problem(404, "There is nothing here, or nothing that you may see."))
    if isinstance(error, PermissionDenied):
        return _answer(problem(403, "You may not do this."))
    if isinstance(error, ValidationError):
        return _answer(problem(400, "Some of what was sent cannot be used.", errors=list(_fields(error.detail))))
    if isinstance(error, APIException):
        answer = _answer(problem(error.status_code, str(error.detail)))
        if isinstance(error, Throttled):
            answer["Retry-After"] = str(math.ceil(vars(error)["wait"] or 1))
        if isinstance(error, NotAuthenticated) or error.status_code == HTTPStatus.UNAUTHORIZED:
            answer["WWW-Authenticate"] = "Bearer"
        return answer
    return None


def _refusal(error: Exception, sent: Any) -> dict[str, Any]:
    if isinstance(error, ChangedElsewhere):
        return problem(409, str(error), CONFLICT, saved=error.saved, sent=sent, version=str(error.version))
    return problem(409, str(error))


def _answer(body: dict[str, Any]) -> Response:
    return Response(body, status=body["status"], content_type=CONTENT_TYPE)


def _fields(detail: Any, name: str = "") -> Any:
    """Each message with the path of its field."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _fields(value, f"{name}.{key}" if name else str(key))
    elif isinstance(detail, list):
        for number, value in enumerate(detail):
            is_text = isinstance(value, str)
            yield from _fields(value, name if is_text else f"{name}.{number}")
    else:
        yield {"field": "" if name == "non_field_errors" else name, "message": str(detail)}
