"""What a page of the wizard was asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from projects.conflicts import Difference, Shown, differences
from projects.fields import CountField, format_hours
from projects.models import Project
from projects.wizard.goals import MOST_PARAMETERS, MOST_TOKENS
from projects.wizard.steps import Part, Step
from values.gpu_time import MICROSECONDS_PER_HOUR, h100_microseconds, training_flops

# Buttons that show what was typed again, and judge and save nothing.
UNJUDGED = frozenset({"preview", "rows", "estimate", "take"})


@dataclass(slots=True)
class Answer:
    """`version` is of the content that was shown; `theirs`, after a conflict, what is saved beside what was typed."""

    forms: list[Any]
    version: str
    refused: str = ""
    conflict: str = ""
    theirs: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def status(self) -> int:
        """As HTTP says it."""
        return 409 if self.conflict else 422 if self.refused else 200

    def as_json(self) -> dict[str, Any]:
        """What the page's script shows."""
        named = [str(label) for form in self.forms for label in _wrong(form)]
        words = self.conflict or self.refused or _("Saved.")
        if named and not self.conflict:
            words = _("Not saved yet: %(fields)s.") % {"fields": ", ".join(dict.fromkeys(named))}
        return {
            "version": self.version,
            "words": words,
            "keys": dict(key for form in self.forms for key in _keys(form)),
        }


def _wrong(form: Any) -> list[Any]:
    rows = form.forms if hasattr(form, "management_form") else [form]
    return [row.fields[name].label or name for row in rows for name in row.errors if name in row.fields]


def _keys(form: Any) -> list[tuple[str, str]]:
    """Which row is kept under which key now, so that the next save of the same page finds it again."""
    rows = form.forms if hasattr(form, "management_form") else []
    kept = [(row, getattr(row, "cleaned_data", {}).get("key")) for row in rows]
    return [(row.add_prefix("key"), str(key)) for row, key in kept if key]


def is_unjudged(post: Mapping[str, str]) -> bool:
    """Whether the button only shows something."""
    return bool(UNJUDGED & post.keys())


def typed_so_far(part: Part, post: Mapping[str, str]) -> Any:
    """What was typed; the estimate is put into the compute minimum where that was asked for."""
    typed = part.typed(post)
    if "take" in post and (size := _size(post)):
        parameters, tokens = size
        flops = training_flops(tokens=tokens, parameters=parameters, layers=0, width=0, sequence=0)
        typed["compute_minimum"] = format_hours(_rounded_up(h100_microseconds(flops)))
    return typed


def _rounded_up(microseconds: int) -> int:
    """To three figures of hours: an estimate knows no more, and a goal is read by people."""
    step = (
        Decimal(10) ** (Decimal(microseconds) / MICROSECONDS_PER_HOUR).adjusted() * Decimal(MICROSECONDS_PER_HOUR) / 100
    )
    return int((Decimal(microseconds) / step).to_integral_value(ROUND_CEILING) * step)


def estimate_asked(project: Project, post: Mapping[str, str]) -> tuple[int, int] | None:
    """(parameters, tokens) that an estimate is shown for: as typed, else as saved."""
    if "planned_parameters" in post:
        return _size(post)
    saved = (project.planned_parameters, project.planned_tokens)
    return (saved[0], saved[1]) if saved[0] and saved[1] else None


def _size(post: Mapping[str, str]) -> tuple[int, int] | None:
    asked = (("planned_parameters", MOST_PARAMETERS), ("planned_tokens", MOST_TOKENS))
    try:
        found = [CountField(most=most, required=False).clean(post.get(name, "")) for name, most in asked]
    except ValidationError:
        return None
    return (found[0], found[1]) if found[0] and found[1] else None


def changed_fields(project: Project, step: Step, post: Mapping[str, str]) -> list[Difference]:
    """Where they differ, both texts: what is saved, what was typed."""
    found: list[Difference] = []
    for part in step.parts:
        found += differences(Shown(part.form, part.load(project), part.prefix, part.row), part.typed(post))
    return found
