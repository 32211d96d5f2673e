"""Idempotency-Key: a write that is sent again is answered again, and done once.

The key's row is written in the transaction of what the request does. A second request with the key waits at the
unique index until the first is through, then gets its answer. What fails on our side leaves no row: the key is free.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import connection, transaction
from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from api.models import KeptAnswer, PersonalToken
from api.rest.bodies import digest_of
from api.rest.problems import CONTENT_TYPE, REFUSALS, KeyReused

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
Method = Callable[..., Response]
_CLAIM = """
INSERT INTO api_keptanswer (token_id, key, request_sha256, status, body, created_at)
VALUES (%s, %s, %s, 0, '', %s)
ON CONFLICT (token_id, key) DO NOTHING
"""


def idempotent(method: Method) -> Method:
    """For writes of a view that asks for a token."""

    @wraps(method)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return method(view, request, *args, **kwargs)
        if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
            raise ValidationError({HEADER: "A key is 1 to 255 printable ASCII characters."})
        assert isinstance(request.auth, PersonalToken)
        with transaction.atomic():
            return _claimed(request, request.auth, key) or _kept(
                request.auth, key, lambda: _tried(view, request, args, kwargs)
            )

    def _tried(view: Any, request: Request, args: Any, kwargs: Any) -> Response:
        try:
            with transaction.atomic():
                return method(view, request, *args, **kwargs)
        except (APIException, Http404, *REFUSALS) as error:
            refused: Response = view.handle_exception(error)
            return refused

    return once


def _claimed(request: Request, token: PersonalToken, key: str) -> Response | None:
    """None for the key's first request; else the answer to it."""
    digest = _digest(request)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [token.pk, key, digest, timezone.now()])
        is_first = cursor.rowcount == 1
    return None if is_first else _again(KeptAnswer.objects.get(token=token, key=key), digest)


def _kept(token: PersonalToken, key: str, do: Callable[[], Response]) -> Response:
    answer = do()
    body = json.dumps(answer.data, cls=JSONEncoder)
    KeptAnswer.objects.filter(token=token, key=key).update(status=answer.status_code, body=body)
    return answer


def _again(kept: KeptAnswer, digest: str) -> Response:
    if kept.request_sha256 != digest:
        raise KeyReused
    kind = CONTENT_TYPE if kept.status >= 400 else None
    return Response(
        json.loads(kept.body), status=kept.status, content_type=kind, headers={"Idempotent-Replayed": "true"}
    )


def _digest(request: Request) -> str:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + digest_of(request)).hexdigest()


def client_token(request: Request) -> UUID:
    """What services know one request by: of the key where there is one."""
    key = request.headers.get(HEADER)
    return uuid5(request.auth.pk, key) if key and isinstance(request.auth, PersonalToken) else uuid4()


def forget_answers(*, now: datetime) -> int:
    """Keys older than a day are free again."""
    return KeptAnswer.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]
