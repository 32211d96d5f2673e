"""A step of a draft as JSON, both ways: the wizard's own parts and forms, with a version against two writers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from rest_framework.exceptions import ValidationError

from api.rest.asking import errors_of, typed
from projects.conflicts import shown_text
from projects.models import Project
from projects.wizard.steps import Part, Step

# A list of choices that is longer is told elsewhere, as time zones are.
MOST_CHOICES, MOST_ROWS = 60, 100


def fields_of(step: Step) -> list[dict[str, Any]]:
    """Each field in words; `rows` names the list that it belongs to."""
    return [_field(name, field, part.prefix) for part in step.parts for name, field in _fields(part).items()]


def cleaned_of(project: Project, step: Step, given: Mapping[str, Any]) -> list[Any]:
    """What `save_step` takes: what is given over what is saved. Raises ValidationError by field."""
    left = dict(given)
    filled = [part.filled(project, _post(project, part, left)) for part in step.parts]
    if left:
        raise ValidationError(dict.fromkeys(left, "There is no such field."))
    wrong: dict[str, Any] = {}
    for part, form in zip(step.parts, filled, strict=True):
        if not form.is_valid():
            wrong |= {part.prefix: errors_of(form)} if part.row else errors_of(form)
    if wrong:
        raise ValidationError(wrong)
    return [part.cleaned(form) for part, form in zip(step.parts, filled, strict=True)]


def _fields(part: Part) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = part.form.form.base_fields if part.row else part.form.base_fields
    return found


def _post(project: Project, part: Part, left: dict[str, Any]) -> dict[str, Any]:
    """What a browser would send for the part; its values are taken out of `left`."""
    fields, saved = _fields(part), part.load(project)
    if not part.row:
        mine = {name: left.pop(name) for name in list(left) if name in fields}
        return _shown(saved, fields) | typed(mine, fields)
    if part.prefix in left:
        rows = _rows(part.prefix, left.pop(part.prefix), fields)
    else:
        rows = [_shown(row, fields) for row in saved]
    post = {f"{part.prefix}-TOTAL_FORMS": len(rows), f"{part.prefix}-INITIAL_FORMS": min(len(saved), len(rows))}
    return post | {
        f"{part.prefix}-{place}-{name}": value for place, row in enumerate(rows) for name, value in row.items()
    }


def _rows(prefix: str, given: Any, fields: dict[str, forms.Field]) -> list[dict[str, Any]]:
    if not isinstance(given, list) or len(given) > MOST_ROWS or not all(isinstance(row, dict) for row in given):
        raise ValidationError({prefix: [f"A list of at most {MOST_ROWS} objects is needed."]})
    found = []
    for place, row in enumerate(given):
        try:
            found.append(typed(row, fields))
        except ValidationError as error:
            raise ValidationError({prefix: {str(place): error.detail}}) from error
    return found


def _shown(saved: Mapping[str, Any], fields: dict[str, forms.Field]) -> dict[str, Any]:
    return {
        name: saved[name] if isinstance(field, forms.BooleanField) else shown_text(field, saved[name])
        for name, field in fields.items()
        if name in saved
    }


def _field(name: str, field: forms.Field, rows: str) -> dict[str, Any]:
    choices = [str(value) for value, _ in getattr(field, "choices", [])]
    return {
        "name": name, "rows": rows, "label": str(field.label or name), "help": str(field.help_text),
        "is_needed": field.required, "longest": getattr(field, "max_length", None),
        "choices": choices if len(choices) <= MOST_CHOICES else [],
    }  # fmt: skip
