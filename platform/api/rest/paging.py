"""Pages by cursor: the sort key and number of the last row, so that no page is counted and none is shifted."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import F, Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

USUAL, MOST = 20, 100
LONGEST_CURSOR = 400


@dataclass(frozen=True, slots=True)
class Order:
    """By an expression that is never null, then by primary key. `name` is told in the cursor."""

    name: str
    expression: Any
    read: Callable[[Any], Any]
    is_descending: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the address of the next ones."""

    rows: list[Any]
    next: str | None

    def answer(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """As it is sent."""
        return {"items": items, "next": self.next}


def page_of(request: Request, rows: QuerySet[Any], order: Order) -> Page:
    """One query. Raises ValidationError for a cursor or limit that cannot be used."""
    limit = limit_of(request)
    rows = rows.annotate(sort_key=order.expression)
    if text := request.query_params.get("cursor"):
        rows = rows.filter(_after(order, *_decoded(text, order, rows)))
    sign = F("sort_key").desc() if order.is_descending else F("sort_key").asc()
    found = list(rows.order_by(sign, "-pk" if order.is_descending else "pk")[: limit + 1])
    if len(found) <= limit:
        return Page(found, None)
    return Page(found[:limit], _address(request, order, found[limit - 1]))


def limit_of(request: Request) -> int:
    """How many rows are asked for. Raises ValidationError."""
    text = request.query_params.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MOST):
        raise ValidationError({"limit": f"A number from 1 to {MOST} is needed."})
    return int(text)


def moment(text: Any) -> datetime:
    """A time of a cursor. Raises ValueError."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def whole(number: Any) -> int:
    """A whole number of a cursor. Raises ValueError."""
    if not isinstance(number, int) or not -(2**63) < number < 2**63:
        raise ValueError(number)
    return number


def _after(order: Order, key: Any, number: Any) -> Q:
    side = "lt" if order.is_descending else "gt"
    return Q(**{f"sort_key__{side}": key}) | Q(**{"sort_key": key, f"pk__{side}": number})


def _decoded(text: str, order: Order, rows: QuerySet[Any]) -> tuple[Any, Any]:
    try:
        padded = text[:LONGEST_CURSOR].encode() + b"==="
        name, key, number = json.loads(base64.urlsafe_b64decode(padded))
        found = order.read(key), rows.model._meta.pk.to_python(number)  # noqa: SLF001  # reason: documented by Django
    except (ValueError, TypeError, OverflowError, RecursionError, DjangoValidationError):
        name = ""
    if name != order.name:
        raise ValidationError({"cursor": "This cursor is none of this list. Begin without one."})
    return found


def _address(request: Request, order: Order, last: Any) -> str:
    key = last.sort_key.isoformat() if isinstance(last.sort_key, datetime) else last.sort_key
    packed = base64.urlsafe_b64encode(json.dumps([order.name, key, str(last.pk)]).encode()).decode().rstrip("=")
    query = request.query_params.copy()
    query["cursor"] = packed
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
