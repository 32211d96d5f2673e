"""Two windows on one form: what is saved beside what was typed, before either is lost.

A page carries the version of what it showed, a hash of the content. Sent over other content than that, a form is
answered with both texts and the newer version: sending it again is then meant. The view compares for the page's sake;
services compare once more under their lock (`only_over`), so that of two saves at the same moment one is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from projects.errors import ChangedElsewhere

# (field, what is saved, what was typed)
Difference = tuple[str, str, str]


def version_of(content: Any) -> str:
    """A short hash: two pages that show the same content hold the same version."""
    return hashlib.sha256(json.dumps(content, default=str, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def only_over(version: str | None, read: Callable[[], Any]) -> Iterator[None]:
    """What is written inside replaces only the content of `version`, or nothing: the same content again is quiet.

    For use under the lock that each writer of this content takes, inside its transaction. Without a version nothing
    is compared. Raises ChangedElsewhere, and the transaction takes back what was written.
    """
    saved = read()
    found = version_of(saved)
    yield
    if version not in (None, found) and version_of(read()) != found:
        raise changed_elsewhere(saved, found)


def changed_elsewhere(saved: Any, version: str | int) -> ChangedElsewhere:
    """With the one sentence that there is for it."""
    words = _("This was saved in another window or by somebody else since you opened it.")
    return ChangedElsewhere(words, saved=saved, version=version)


@dataclass(frozen=True, slots=True)
class Shown:
    """A form (class), or a set of rows where `row` names one, and what is saved now. `stamp`: a count of its own."""

    form: Any
    saved: Any
    prefix: str = ""
    row: str | Promise = ""
    stamp: str = ""

    @property
    def version(self) -> str:
        """For the page's hidden field."""
        return self.stamp or version_of(self.saved)

    def conflict(self, post: Any) -> list[Difference]:
        """Where what was typed differs from what somebody else has saved since the page was made; else empty."""
        if post.get("version", "") in ("", self.version):
            return []
        return differences(self, self._typed(post))

    def _typed(self, post: Any) -> Any:
        if not self.row:
            return _typed_fields(fields_of(self.form), "", post)
        rows = []
        for number in range(self.form.max_num):
            before = f"{self.prefix}-{number}-"
            row = _typed_fields(self.form.form.base_fields, before, post)
            hidden = [name for name, one in self.form.form.base_fields.items() if one.widget.is_hidden]
            if any(str(value).strip() for name, value in row.items() if name not in hidden and value != []):
                rows += [] if post.get(f"{before}DELETE") else [row]
        return rows


def fields_of(form: Any) -> Mapping[str, Any]:
    """Of a form's class, or of a form whose fields are its own."""
    found: Mapping[str, Any] = form.fields if hasattr(form, "fields") else form.base_fields
    return found


def _typed_fields(fields: Mapping[str, forms.Field], before: str, post: Any) -> dict[str, Any]:
    return {
        name: post.getlist(before + name) if isinstance(one, forms.MultipleChoiceField) else post.get(before + name, "")
        for name, one in fields.items()
    }


def differences(shown: Shown, typed: Any) -> list[Difference]:
    """Field by field; rows stand beside each other by their key, else by their place."""
    fields = shown.form.form.base_fields if shown.row else fields_of(shown.form)
    found = []
    for before, one, two in _pairs(shown, fields, typed):
        for name, form_field in fields.items():
            if form_field.widget.is_hidden or (not shown.row and name not in shown.saved):
                continue
            kept, given = shown_text(form_field, one.get(name)), shown_text(form_field, two.get(name))
            if kept != given:
                found.append((f"{before}{form_field.label}", kept, given))
    return found


def _pairs(shown: Shown, fields: Mapping[str, Any], typed: Any) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    if not shown.row:
        return [("", shown.saved, typed)]
    key = next((name for name in ("key", "pk") if name in fields), None)
    if key:
        known = {str(row[key]): row for row in shown.saved}
        same = [known.pop(str(row.get(key)), None) for row in typed]
        left = iter(known.values())
        # A row that has no key yet is the one that the first click on its button made.
        both: Any = [(one or next(left, {}), row) for one, row in zip(same, typed, strict=True)]
        both += [(row, {}) for row in left]
    else:
        both = zip_longest(shown.saved, typed, fillvalue={})
    return [(f"{shown.row} {number}: ", one, two) for number, (one, two) in enumerate(both, 1)]


def shown_text(form_field: Any, value: Any) -> str:
    """As the control would send it."""
    if value is None or value is False:
        return ""
    if isinstance(form_field, forms.BooleanField):
        return "✓" if value else ""
    if isinstance(form_field, forms.MultipleChoiceField):
        return ", ".join(sorted(str(one) for one in value))
    shown = form_field.widget.format_value(form_field.prepare_value(value))
    return str(shown[0] if isinstance(shown, list) and shown else shown or "").replace("\r\n", "\n").strip()
