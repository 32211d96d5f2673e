"""What operations add to the OpenAPI document, in few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from api.rest.bodies import FORM, JSON
from api.rest.idempotency import HEADER
from api.rest.problems import CONFLICT
from api.rest.shapes import Problem, listed

F = TypeVar("F", bound=Callable[..., Any])
Shape = type[serializers.Serializer[Any]]
PROBLEM = "application/problem+json"
WHEN = {
    400: "What was sent cannot be used.", 401: "No token, or one that does not stand.",
    403: "The token lacks the scope.", 404: "Nothing there, or nothing that you may see.",
    409: "Refused as things stand.", 413: "The body is too large.", 415: "This form of body is not read.",
    422: "The Idempotency-Key belongs to another request.", 429: "Too many requests; wait for Retry-After.",
}  # fmt: skip
WHEN_CONFLICT = (
    "Somebody else saved it since you read it: `saved` is what stands now with its `version`, `sent` what you sent. "
    "Nothing was written; merge the two and send them with that version."
)
_CONFLICT = {
    "type": "https://commonweave.example/developers/#problem-conflict", "title": "Conflict", "status": 409,
    "code": CONFLICT, "detail": "Somebody changed it since you read it. Nothing was saved.",
}  # fmt: skip
PAGING = (
    OpenApiParameter("cursor", str, description="From `next` of the page before."),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}, description="Rows."),
)
ONCE = OpenApiParameter(
    HEADER, {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}, OpenApiParameter.HEADER,
    description="One key for one deed: sent again within a day, it is answered again and done once.",
)  # fmt: skip


def operation(
    name: str,
    summary: str,
    answer: Shape,
    example: Any,
    *,
    tag: str,
    many: bool = False,
    query: tuple[OpenApiParameter, ...] = (),
    body: Shape | None = None,
    body_example: Any = None,
    form: Shape | None = None,
    conflict: dict[str, Any] | None = None,
    scope: str = "",
    status: int = 200,
    problems: tuple[int, ...] = (),
    is_write: bool = False,
) -> Callable[[F], F]:
    """Declare an operation: what it takes, what it answers, with an example of each, and how it refuses.

    `form`: the fields that it takes as multipart/form-data, with a file; `conflict`: an example of two writers.
    """
    usual = (400, 404, 429, *((401, 403) if scope else (401,)), *((409, 413, 415, 422) if is_write else ()))
    paged = {"items": [example], "next": None} if many else example
    examples = [OpenApiExample("Answer", paged, response_only=True, status_codes=[str(status)])]
    if body_example is not None:
        examples.append(OpenApiExample("Request", body_example, request_only=True, media_type=JSON))
    if conflict is not None:
        both = {**_CONFLICT, **conflict}
        examples.append(OpenApiExample("Conflict", both, response_only=True, status_codes=["409"], media_type=PROBLEM))
    responses: dict[Any, Any] = {status: listed(answer) if many else answer}
    for code in sorted({*usual, *problems}):
        told = f"{WHEN[code]} Code `conflict`: {WHEN_CONFLICT}" if code == 409 and conflict else WHEN[code]
        responses[(code, PROBLEM)] = OpenApiResponse(Problem, told)
    words = f"Needs the scope `{scope}`." if scope else "Open to everyone."
    decorate: Callable[[F], F] = extend_schema(
        operation_id=name, summary=summary, description=words, tags=[tag], examples=examples, responses=responses,
        parameters=[*query, *(PAGING if many else ()), *((ONCE,) if is_write else ())],
        request={kind: shape for kind, shape in ((JSON, body), (FORM, form)) if shape} or None,
        auth=cast("list[str]", [{"token": []}] if scope else [{}, {"token": []}]),
    )  # fmt: skip
    return decorate


def text(name: str, description: str, **schema: Any) -> OpenApiParameter:
    """A parameter of the query."""
    return OpenApiParameter(name, {"type": "string", **schema}, description=description)
