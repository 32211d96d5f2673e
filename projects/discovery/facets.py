"""How many projects each further choice would leave, for every facet in one query."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, F, Func, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from projects.discovery.asking import Asked, condition_of, narrowed
from projects.discovery.matching import Matched
from projects.models import Project
from projects.models.project import MEMORY_CLASSES
from values.languages import language_words

LABELS = {
    "kind": _("Kind of model"), "needs": _("Needs"), "state": _("State"), "license": _("Licence of the weights"),
    "language": _("Language"), "memory": _("GPU memory"),
}  # fmt: skip
NEEDS = {"money": _("money"), "compute": _("GPUs")}
MOST_VALUES = 12
_COLUMNS = {"kind": "model_kind", "state": "state", "license": "weights_license", "memory": "memory_gib"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet, and how many projects have it under the choices of the other facets."""

    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its values, the most frequent first."""

    name: str
    label: str
    choices: tuple[Choice, ...]


def facets(asked: Asked, matched: Matched | None) -> tuple[Facet, ...]:
    """Every facet counted under the choices of the others."""
    counts = _counts(asked, matched)
    return tuple(
        Facet(name, str(label), _choices(asked, name, counts[name]))
        for name, label in LABELS.items()
        if counts[name] or asked.chosen.get(name)
    )


def label_of(name: str, value: str) -> str:
    """A value in words, capital first; what is no value stays as it was typed."""
    words: dict[str, dict[str, Any]] = {
        "kind": dict(Project.ModelKind.choices), "state": dict(Project.State.choices), "needs": dict(NEEDS),
        "memory": {str(gib): label for gib, label in MEMORY_CLASSES},
    }  # fmt: skip
    label = language_words(value) or value if name == "language" else str(words.get(name, {}).get(value, value))
    return label[:1].upper() + label[1:]


def _counts(asked: Asked, matched: Matched | None) -> dict[str, dict[str, int]]:
    rows = []
    for name, column in _COLUMNS.items():
        rows.append(_count(asked, matched, name, Cast(column, CharField())))
    rows.append(_count(asked, matched, "language", Func(F("listing__languages"), function="unnest")))
    for need in NEEDS:
        projects = narrowed(matched, asked, but="needs").filter(condition_of("needs", (need,))).order_by()
        one = projects.values(facet=Value("needs"), value=Value(need))
        rows.append(one.annotate(n=Count("pk")).values_list("facet", "value", "n"))
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for name, value, count in rows[0].union(*rows[1:], all=True):
        if value is not None:
            found[name][value] = count
    return found


def _count(asked: Asked, matched: Matched | None, name: str, value: Any) -> Any:
    projects = narrowed(matched, asked, but=name).order_by().annotate(facet=Value(name), value=value)
    return projects.values("facet", "value").annotate(n=Count("pk")).values_list("facet", "value", "n")


def _choices(asked: Asked, name: str, counts: dict[str, int]) -> tuple[Choice, ...]:
    chosen = asked.chosen.get(name, ())
    if name == "memory":
        values = sorted(counts, key=int)
    else:
        values = sorted(counts, key=lambda value: (-counts[value], value))[:MOST_VALUES]
    values += [value for value in chosen if value not in values]
    return tuple(Choice(value, label_of(name, value), counts.get(value, 0), value in chosen) for value in values)
