"""What the cluster's endpoints share: authentication, and errors as {code, message}."""

from __future__ import annotations

import math
from typing import Any

from django.utils.translation import gettext
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from compute_pledges.api.auth import ClusterToken, DeviceSignature
from compute_pledges.api.throttles import DeviceRate
from compute_pledges.errors import ComputeError, DeviceNotAllowed


class BoundedJSON(JSONParser):
    """JSON that is nested deeper than Python follows is bad input, not a failure of ours."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError(gettext("The JSON is nested too deeply.")) from error


class MachineView(APIView):
    """Only machines speak here; a service's refusal becomes 409 (403 for a device that is shut out)."""

    authentication_classes = (DeviceSignature, ClusterToken)
    parser_classes: tuple[type[BaseParser], ...] = (BoundedJSON,)
    throttle_classes = (DeviceRate,)
    requests_a_minute = 600
    schema = None

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, ComputeError):
            body: dict[str, Any] = {"code": exc.code, "message": str(exc)}
            if exc.retry_after is not None:
                body["retry_after"] = exc.retry_after
            return Response(body, status=403 if isinstance(exc, DeviceNotAllowed) else 409)
        return super().handle_exception(exc)


def text_field(data: Any, name: str, maximum: int = 500) -> str:
    """A text of the body. Raises ValidationError that names the field."""
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, str) or len(value) > maximum:
        raise ValidationError({name: f"A text of at most {maximum} characters is needed."})
    return value


def number_field(data: Any, name: str) -> float:
    """A number of the body. Raises ValidationError that names the field."""
    value = data.get(name) if isinstance(data, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValidationError({name: "A number is needed."})
    return float(value)


def optional_number(data: Any, name: str, highest: float = math.inf) -> float | None:
    """A number of the body, or None when it is absent or null. Raises ValidationError that names the field."""
    if not isinstance(data, dict) or data.get(name) is None:
        return None
    number = number_field(data, name)
    if highest < math.inf and not 0 <= number <= highest:
        raise ValidationError({name: f"A number from 0 to {highest:,.0f} is needed."})
    return number


def optional_text(data: Any, name: str, maximum: int) -> str:
    """A text of the body, empty when it is absent. Raises ValidationError that names the field."""
    is_there = isinstance(data, dict) and data.get(name) is not None
    return text_field(data, name, maximum) if is_there else ""


def dict_field(data: Any, name: str) -> dict[str, Any]:
    """An object of the body. Raises ValidationError that names the field."""
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, dict):
        raise ValidationError({name: "An object is needed."})
    return value


def list_field(data: Any, name: str) -> list[Any]:
    """A list of the body. Raises ValidationError that names the field."""
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, list):
        raise ValidationError({name: "A list is needed."})
    return value


def optional_list(data: Any, name: str) -> list[Any]:
    """A list of the body, empty when it is absent. Raises ValidationError that names the field."""
    is_there = isinstance(data, dict) and data.get(name) is not None
    return list_field(data, name) if is_there else []


def number_map(data: Any, name: str) -> dict[str, float]:
    """Finite numbers by name, none when the body has none. Raises ValidationError that names what is no number."""
    value = data.get(name, {}) if isinstance(data, dict) else {}
    numbers = {str(key): number_field(value, key) for key in value} if isinstance(value, dict) else {}
    if not isinstance(value, dict) or not all(map(math.isfinite, numbers.values())):
        raise ValidationError({name: "An object of finite numbers is needed."})
    return numbers


def whole_number(request: Request, name: str) -> int:
    """A whole number of the query. Raises ValidationError that names it."""
    value = request.query_params.get(name, "")
    if not value.isdecimal() or len(value) > 15:
        raise ValidationError({name: "A whole number is needed."})
    return int(value)
