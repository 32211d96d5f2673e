"""Bodies as Stripe's v1 API takes them: `a[b][0]=c` in form encoding."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from payments.stripe_standin.errors import invalid

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
MAX_DEPTH = 6
MAX_KEYS, MAX_KEY, MAX_VALUE = 50, 40, 500


def parse_form(text: str) -> dict[str, Any]:
    """Nested dicts and lists of strings. Raises ApiError 400 for a malformed name."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        match = _KEY.match(name)
        if match is None:
            raise invalid(f"Received malformed parameter: {name}", name)
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        if len(path) > MAX_DEPTH:
            raise invalid(f"Parameter is nested too deeply: {name}", name)
        _place(root, path, value, name)
    return {name: _lists(value) for name, value in root.items()}


def _place(root: dict[str, Any], path: list[str], value: str, name: str) -> None:
    node = root
    for key in path[:-1]:
        node = node.setdefault(key or str(len(node)), {})
        if not isinstance(node, dict):
            raise invalid(f"Invalid nesting of parameter: {name}", name)
    node[path[-1] or str(len(node))] = value


def _lists(value: Any) -> Any:
    """Turn dicts whose keys are 0, 1, … into lists."""
    if not isinstance(value, dict):
        return value
    children = {key: _lists(child) for key, child in value.items()}
    if children and list(children) == [str(index) for index in range(len(children))]:
        return list(children.values())
    return children


def integer(values: dict[str, Any], name: str, default: int | None = None, at_least: int = 0) -> int:
    """An integer parameter. Raises ApiError 400 when missing without default, or when it is none."""
    if name not in values:
        if default is None:
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
        return default
    text = str(values[name])
    if not text.removeprefix("-").isdecimal():
        raise invalid(f"Invalid integer: {text}", name, "parameter_invalid_integer")
    if int(text) < at_least:
        raise invalid(f"This value must be greater than or equal to {at_least}.", name, "parameter_invalid_integer")
    return int(text)


def boolean(values: dict[str, Any], name: str, default: bool = False) -> bool:
    """A boolean parameter. Raises ApiError 400 for anything but true and false."""
    if name not in values:
        return default
    text = str(values[name]).lower()
    if text not in {"true", "false"}:
        raise invalid(f"Invalid boolean: {values[name]}", name)
    return text == "true"


def metadata(values: dict[str, Any], current: dict[str, str] | None = None) -> dict[str, str]:
    """Metadata after an update; an empty value removes its key. Raises ApiError 400 over Stripe's limits."""
    given = values.get("metadata", {})
    merged = {**(current or {}), **given} if given else ({} if given == "" else dict(current or {}))
    kept = {key: str(value) for key, value in merged.items() if value != ""}
    too_long = any(len(key) > MAX_KEY or len(value) > MAX_VALUE for key, value in kept.items())
    if len(kept) > MAX_KEYS or too_long:
        raise invalid(f"Metadata takes {MAX_KEYS} keys of {MAX_KEY} and values of {MAX_VALUE} characters.", "metadata")
    return kept


def text(values: dict[str, Any], name: str) -> str | None:
    """A string parameter or None. Raises ApiError 400 when it is nested."""
    value = values.get(name)
    if isinstance(value, dict | list):
        raise invalid(f"Invalid string: {name}", name)
    return value or None


def require(values: dict[str, Any], name: str) -> str:
    """A string that must be there."""
    value = text(values, name)
    if value is None:
        raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    return value
