"""The shapes of parameters, from the official specification: what is unknown, of a wrong type, or only Stripe's.

`assets/parameters.json` is written by `tests/payments/standin/shapes.py`, which says what a shape looks like.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from payments.stripe_standin.errors import ApiError, invalid, not_here

ELSEWHERE = "elsewhere"


@cache
def operations() -> dict[str, dict[str, Any]]:
    """Shapes of the parameters by `METHOD /path`."""
    found: dict[str, dict[str, Any]] = json.loads(
        Path(__file__).with_name("assets").joinpath("parameters.json").read_text()
    )
    return found


def check(operation: str, values: dict[str, Any]) -> None:
    """Raises ApiError 400 for an unknown parameter or a wrong type, 501 for what only Stripe takes."""
    check_fields(operations()[operation], values, "")


def check_fields(fields: dict[str, Any], values: dict[str, Any], prefix: str) -> None:
    """Each value against the shape of its name."""
    for name, value in values.items():
        full = f"{prefix}[{name}]" if prefix else name
        if name not in fields:
            raise invalid(f"Received unknown parameter: {full}", full, "parameter_unknown")
        check_value(fields[name], value, full)


def check_value(shape: Any, value: Any, name: str) -> None:
    """One value against one shape. Raises ApiError 400 or 501."""
    if shape == ELSEWHERE:
        raise not_here(f"the parameter {name}")
    if isinstance(shape, str):
        SCALARS[shape](value, name)
    elif "any" in shape:
        check_any(shape["any"], value, name)
    elif "one_of" in shape:
        if value not in shape["one_of"]:
            raise invalid(f"Invalid {name}: must be one of {', '.join(shape['one_of'])}", name)
    elif "list" in shape:
        for index, item in enumerate(of_type(list, value, name, "array")):
            check_value(shape["list"], item, f"{name}[{index}]")
    elif "map" in shape:
        for key, item in of_type(dict, value, name, "object").items():
            check_value(shape["map"], item, f"{name}[{key}]")
    else:
        check_fields(shape["fields"], of_type(dict, value, name, "object"), name)


def check_any(shapes: list[Any], value: Any, name: str) -> None:
    """One of the shapes must fit; the refusal of the first is told."""
    refusals = list[ApiError]()
    for shape in shapes:
        try:
            check_value(shape, value, name)
        except ApiError as error:
            refusals.append(error)
        else:
            return
    raise next((error for error in refusals if error.status == 501), refusals[0])


def of_type(kind: type, value: Any, name: str, called: str) -> Any:
    """The value when it is of the kind; an empty list arrives as an empty string."""
    if not isinstance(value, kind):
        raise invalid(f"Invalid {called}: {name}", name, f"parameter_invalid_{called}")
    return value


def check_integer(value: Any, name: str) -> None:
    """Digits, with a sign if need be."""
    text = str(value)
    if isinstance(value, bool | list | dict) or not text.removeprefix("-").isdecimal() or len(text) > 18:
        raise invalid(f"Invalid integer: {value}", name, "parameter_invalid_integer")


def check_boolean(value: Any, name: str) -> None:
    """True or false."""
    if str(value).lower() not in {"true", "false"}:
        raise invalid(f"Invalid boolean: {value}", name, "parameter_invalid_boolean")


def check_string(value: Any, name: str) -> None:
    """Text."""
    if isinstance(value, list | dict):
        raise invalid(f"Invalid string: {name}", name, "parameter_invalid_string")


def anything(_value: Any, _name: str) -> None:
    """No check."""


SCALARS = {"integer": check_integer, "boolean": check_boolean, "string": check_string, "any": anything}
