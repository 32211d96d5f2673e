"""Bodies judged by the site's own forms, and whose project it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import Http404
from django.utils.dateparse import parse_datetime
from rest_framework import serializers as s
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from api.rest.auth import caller
from projects.models import Project
from projects.roles import Permission, can

MOST_NUMBER = 2**63 - 1


class Removed(s.Serializer[Any]):
    """What a removal answers."""

    is_removed = s.BooleanField()


REMOVED = {"is_removed": True}


def version_field() -> s.CharField:
    """What a change names, so that nobody's words are written over."""
    return s.CharField(max_length=16, help_text="As it was read. Changed since: 409 `conflict`.")


def own_project(request: Request, slug: str, permission: Permission) -> Project:
    """A project of which the caller may do this. Raises Http404: others learn nothing of it."""
    project = Project.objects.select_related("creator").filter(slug=slug).first()
    if project is None or not can(caller(request), project, permission):
        raise Http404
    return project


def body_of(request: Request, shape: type[s.Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
    """The body, checked. Raises ValidationError by field."""
    form = shape(data=request.data, partial=partial)
    form.is_valid(raise_exception=True)
    data: dict[str, Any] = form.validated_data
    return data


def typed(values: Mapping[str, Any], fields: Mapping[str, forms.Field]) -> dict[str, Any]:
    """What a browser would send for these values. Raises ValidationError for one that no control sends."""
    found, wrong = {}, {}
    for name, value in values.items():
        if name not in fields:
            wrong[str(name)] = ["There is no such field."]
        elif words := _unusable(fields[name], value):
            wrong[name] = [words]
        else:
            found[name] = _sent(value)
    if wrong:
        raise ValidationError(wrong)
    return found


def _sent(value: Any) -> Any:
    if value is None:
        return ""
    return value if isinstance(value, bool | list) else str(value)


def _unusable(field: forms.Field, value: Any) -> str:
    """Why no control would send it, or nothing."""
    is_list = isinstance(value, list)
    if is_list != isinstance(field, forms.MultipleChoiceField):
        return "A list is needed." if not is_list else "A single value is needed."
    parts = value if isinstance(value, list) else [value]
    if not all(part is None or isinstance(part, str | int | float | bool) for part in parts):
        return "A text, a number or a truth value is needed."
    if any(isinstance(part, str) and not _is_text(part) for part in parts):
        return "Some characters are none that text can hold."
    if isinstance(field, forms.DateTimeField) and _has_offset(str(value)):
        return "Write the local time of the project's time zone, without an offset."
    return ""


def _is_text(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _has_offset(text: str) -> bool:
    try:
        found = parse_datetime(text.strip())
    except ValueError:
        return False
    return found is not None and found.tzinfo is not None


def judged(form: Any) -> Any:
    """The form, once it holds. Raises ValidationError by field."""
    if not form.is_valid():
        raise ValidationError(errors_of(form))
    return form


def errors_of(form: Any) -> dict[str, Any]:
    """By field; of rows by their number."""
    if isinstance(form, forms.BaseFormSet):
        rows = {str(place): _named(row) for place, row in enumerate(form.forms) if row.errors}
        return rows | ({"non_field_errors": list(form.non_form_errors())} if form.non_form_errors() else {})
    return _named(form)


def _named(form: Any) -> dict[str, Any]:
    return {("non_field_errors" if name == "__all__" else name): list(words) for name, words in form.errors.items()}
