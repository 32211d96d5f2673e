"""What bodies are read: JSON, and forms with a file where a view takes one. Larger ones are refused by their length."""

from __future__ import annotations

import hashlib
import json
from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as s
from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from compute_pledges.api.base import BoundedJSON

JSON, FORM = "application/json", "multipart/form-data"
MIB = 2**20
MOST_JSON = 2 * MIB
WITH_FILE = (BoundedJSON, MultiPartParser)


class TooLarge(APIException):
    """The body is longer than what is read here."""

    status_code = 413

    def __init__(self, most: int) -> None:
        super().__init__(
            gettext("At most %(most)s MiB are read here. Link larger files with their SHA-256.") % {"most": most // MIB}
        )


@extend_schema_field({"type": "string", "format": "binary"})
class File(s.FileField):
    """A file of a form."""


def check_length(request: Request, most: int) -> None:
    """Before a byte of it is read. Raises TooLarge."""
    told = str(request.META.get("CONTENT_LENGTH") or "0")
    if told.isdecimal() and int(told) > most:
        raise TooLarge(most)


def is_form(request: Request) -> bool:
    """Whether fields with files were sent, as a browser does."""
    return (request.content_type or "").partition(";")[0].strip().lower() == FORM


def digest_of(request: Request) -> bytes:
    """What a repeat of the request is known by. A form is its fields: the line between them is new every time."""
    if not is_form(request):
        body: bytes = request.body
        return hashlib.sha256(body).digest()
    form = cast("QueryDict", request.data)
    fields = sorted((name, _told(value)) for name, values in form.lists() for value in values)
    return hashlib.sha256(json.dumps(fields).encode()).digest()


def _told(value: Any) -> str:
    if not isinstance(value, UploadedFile):
        return f"text:{value}"
    value.seek(0)
    content = hashlib.sha256(value.read()).hexdigest()
    value.seek(0)
    return f"file:{value.name}:{content}"
