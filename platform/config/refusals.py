"""What an error answers: a page in the site's look, and problem+json under the addresses of the API.

None of them needs a database, a session or a context. An outage behind us is a calm 503, anything unforeseen a 500.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.urls import is_valid_path
from django.utils.translation import gettext
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from api.rest.problems import CONTENT_TYPE, PREFIX, problem

logger = logging.getLogger(__name__)
OUTAGES = (OperationalError, InterfaceError, RedisConnectionError, RedisTimeoutError)
WAIT = "60"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler400."""
    return _answer(request, 400, "The request cannot be read.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler403."""
    return _answer(request, 403, "You may not do this.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler404; a sentence of ours, such as that a link has expired, is said."""
    return _answer(request, 404, "There is no such address.", said=_sentence(exception))


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """What the library of accounts answers to whoever tries too often."""
    answer = _answer(request, 429, "Too many requests. Wait a moment.")
    answer["Retry-After"] = WAIT
    return answer


class NotAllowedMiddleware:
    """Django answers a method that an address does not take with an empty page; `Allow` stays as it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED or answer.content:
            return answer
        allowed = answer["Allow"]
        is_readable = "GET" in allowed
        onward = request.path if is_readable else _above(request.path)
        said = _answer(request, 405, f"This address takes {allowed}.", is_readable=is_readable, onward=onward)
        said["Allow"] = allowed
        return said


def _above(path: str) -> str:
    """The nearest page that the address belongs to."""
    parts = path.strip("/").split("/")[:-1]
    while parts and not is_valid_path(found := f"/{'/'.join(parts)}/"):
        parts.pop()
    return found if parts else "/"


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: called while the exception is being handled, in a view or in a middleware."""
    exception = sys.exc_info()[1]
    if not isinstance(exception, OUTAGES):
        return _answer(request, 500, "Something went wrong on our side. It may not have been saved.")
    logger.warning("service_away error=%s", type(exception).__name__)
    answer = _answer(request, 503, "A service that keeps your data is away. Nothing was lost. Try again shortly.")
    answer["Retry-After"], answer["Cache-Control"] = "10", "no-store"
    return answer


def _answer(request: HttpRequest, status: int, detail: str, **context: object) -> HttpResponse:
    if request.path.startswith(PREFIX):
        return JsonResponse(problem(status, detail), status=status, content_type=CONTENT_TYPE)
    return HttpResponse(loader.render_to_string(f"{status}.html", context), status=status)


def _sentence(exception: Exception | None) -> str:
    """What a view of ours said to the reader; Django's own words name classes and patterns."""
    said = exception.args[0] if exception and exception.args else ""
    if not isinstance(said, str) or said.endswith("matches the given query."):
        return ""
    # Translated where it was raised, else here.
    return gettext(said) if said else ""
