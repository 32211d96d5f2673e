"""The OpenAPI document as people read it: operations by tag, fields in words, a line for the shell."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from functools import cache
from typing import Any

from api.rest.bodies import FORM, JSON
from api.rest.schema import document

Node = dict[str, Any]
DEEPEST = 4
BOUNDS = (("minimum", "at least"), ("maximum", "at most"), ("maxLength", "characters, at most"))


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a field, with the fields inside it."""

    name: str
    kind: str
    words: str
    is_needed: bool
    inner: list[Field]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    key: str
    tag: str
    verb: str
    address: str
    summary: str
    words: str
    parameters: list[Field]
    body: list[Field]
    body_example: str
    form: list[Field]
    status: str
    answer: list[Field]
    example: str
    problems: list[tuple[str, str]]
    curl: str


@cache
def operations() -> tuple[Operation, ...]:
    """In the order of their tags."""
    found = [
        _operation(address, verb, told)
        for address, methods in document()["paths"].items()
        for verb, told in methods.items()
    ]
    order = list(dict.fromkeys(operation.tag for operation in found))
    return tuple(sorted(found, key=lambda operation: (-(operation.tag == "Projects"), order.index(operation.tag))))


def _operation(address: str, verb: str, told: Node) -> Operation:
    bodies = told.get("requestBody", {}).get("content", {})
    body, form = bodies.get(JSON, {}), bodies.get(FORM, {})
    good = next(code for code in told["responses"] if code.startswith("2"))
    answer = told["responses"][good]["content"]["application/json"]
    problems = [(code, each["description"]) for code, each in told["responses"].items() if code >= "400"]
    return Operation(
        told["operationId"], told["tags"][0], verb, address, told["summary"], told["description"],
        [_parameter(each) for each in told.get("parameters", [])], _fields(body.get("schema", {})),
        _example(body), _fields(form.get("schema", {})), good, _fields(answer["schema"]), _example(answer), problems,
        _curl(address, verb, told, body, form),
    )  # fmt: skip


def _resolved(node: Node) -> Node:
    """What a reference, or the only part of a union, points at."""
    if "$ref" in node:
        return _resolved(document()["components"]["schemas"][node["$ref"].rsplit("/", 1)[1]])
    parts: list[Node] = [part for part in node.get("allOf") or node.get("oneOf") or [] if part]
    return {**_resolved(parts[0]), **{k: v for k, v in node.items() if k not in ("allOf", "oneOf")}} if parts else node


def _fields(schema: Node, depth: int = 0) -> list[Field]:
    whole = _resolved(schema)
    if depth == DEEPEST:
        return []
    needed = whole.get("required", [])
    return [_field(name, node, depth, name in needed) for name, node in whole.get("properties", {}).items()]


def _field(name: str, node: Node, depth: int, is_needed: bool) -> Field:
    whole = _resolved(node)
    inside = _resolved(whole.get("items", {})) if whole.get("type") == "array" else whole
    words = str(node.get("description") or whole.get("description") or "")
    return Field(
        name,
        _kind(whole),
        words.split("\n", maxsplit=1)[0] if "* `" in words else words,
        is_needed,
        _fields(inside, depth + 1),
    )


def _kind(node: Node) -> str:
    kind = str(node.get("format") or node.get("type") or "value")
    if kind == "array":
        kind = f"list of {_kind(_resolved(node.get('items', {})))}"
    if "enum" in node:
        kind = " | ".join(str(value) for value in node["enum"])
    bounds = [f"{words} {node[key]:,}" for key, words in BOUNDS if key in node]
    return ", ".join([kind, *bounds, *(["or null"] if node.get("nullable") else [])])


def _parameter(told: Node) -> Field:
    place = {"path": "in the address", "query": "in the query", "header": "header"}[told["in"]]
    words = f"{told.get('description', '')} ({place})".strip()
    return Field(told["name"], _kind(_resolved(told["schema"])), words, told.get("required", False), [])


def _example(content: Node) -> str:
    given = [example["value"] for example in content.get("examples", {}).values()]
    return json.dumps(given[0], indent=2, ensure_ascii=False) if given else ""


def _curl(address: str, verb: str, told: Node, body: Node, form: Node) -> str:
    path = address.replace("{slug}", "pocket-python")
    parts = ["curl", *([] if verb == "get" else ["-X", verb.upper()]), document()["servers"][0]["url"] + path]
    line = " ".join(shlex.quote(part) if "{" not in part else f"'{part}'" for part in parts)
    if {} not in told.get("security", [{}]):
        line += ' \\\n  -H "Authorization: Bearer $COMMONWEAVE_TOKEN"'
    if verb != "get":
        line += ' \\\n  -H "Idempotency-Key: $(uuidgen)"'
    if body:
        example = next(iter(body["examples"].values()))["value"]
        line += f" \\\n  --json {shlex.quote(json.dumps(example, ensure_ascii=False))}"
    elif form:
        line += _form_lines(_resolved(form["schema"]))
    return line


def _form_lines(schema: Node) -> str:
    """A field a line, of those that are needed; `@` is how curl reads a file."""
    told = schema["properties"]
    values = {name: "@picture.png" if told[name].get("format") == "binary" else "…" for name in schema["required"]}
    return "".join(f" \\\n  -F {name}={value}" for name, value in values.items())
