"""Writes `assets/parameters.json`: what each operation takes, reduced from the specification.

    .venv/bin/python -m tests.payments.standin.shapes

A shape is `"string"`, `"integer"`, `"boolean"`, `"number"`, `"elsewhere"` (Stripe takes it, the stand-in does not),
`{"one_of": [values]}`, `{"list": shape}`, `{"map": shape}`, `{"fields": {name: shape}}` or `{"any": [shapes]}`.
"""

import json
from pathlib import Path

from payments.stripe_standin import routes
from tests.payments.standin.specification import official, resolved, specification

FILE = Path(routes.__file__).with_name("assets") / "parameters.json"
# Described by thousands of fields, of which the stand-in looks at few: taken as they come.
OPEN = {"configuration", "identity", "defaults", "use_case"}
NESTED_ELSEWHERE = {"enhanced_evidence"}


def reduced(schema):
    schema = resolved(schema)
    if "anyOf" in schema:
        return {"any": [reduced(choice) for choice in schema["anyOf"]]}
    if "enum" in schema:
        return {"one_of": schema["enum"]}
    if schema.get("type") == "array":
        return {"list": reduced(schema["items"])}
    if schema.get("type") == "object":
        if isinstance(schema.get("additionalProperties"), dict):
            return {"map": reduced(schema["additionalProperties"])}
        fields = schema.get("properties", {})
        return {"fields": {name: field(name, child) for name, child in sorted(fields.items())}}
    return schema["type"]


def field(name, schema):
    if name in NESTED_ELSEWHERE:
        return "elsewhere"
    return {"map": "any"} if name in OPEN else reduced(schema)


def taken(method, path):
    """Every parameter of an operation with its schema."""
    operation = specification()["paths"][official(path)][method.lower()]
    found = {item["name"]: item["schema"] for item in operation.get("parameters", []) if item["in"] == "query"}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        found |= content["schema"].get("properties", {})
    return found


def shapes():
    found = {}
    for (method, path), operation in sorted(routes.OPERATIONS.items(), key=lambda item: (item[0][1], item[0][0])):
        found[f"{method} {path}"] = {
            name: field(name, schema) if name in operation.allowed else "elsewhere"
            for name, schema in sorted(taken(method, path).items())
        }
    return found


def text():
    lines = [f"{json.dumps(name)}: {json.dumps(shape)}" for name, shape in shapes().items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text())
