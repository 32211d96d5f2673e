"""Rows of the start page, and projects that are like another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import CharField, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.discovering import Card, cards_of
from projects.discovery.folding import words_of
from projects.models import OutputRelease, Project

SHOWN, ALIKE = 3, 3
ALIKE_SECONDS = 600
S = Project.State
_LIKEST = """
WITH asked AS (SELECT to_tsquery('english', %(query)s) AS query)
SELECT l.project_id FROM projects_projectlisting l JOIN projects_project p ON p.id = l.project_id, asked
WHERE l.document @@ asked.query AND p.id <> %(self)s AND p.state <> ALL(%(private)s)
ORDER BY ts_rank(l.document, asked.query) * CASE WHEN p.model_kind = %(kind)s THEN 2 ELSE 1 END DESC, p.id DESC
LIMIT %(most)s
"""
# Words that say nothing about a project among projects of models.
COMMON = frozenset({"model", "models", "open", "small", "language", "foundation", "with", "that", "from", "your"})


@dataclass(frozen=True, slots=True)
class Row:
    """A heading, where it leads, and what lists show of each project."""

    key: str
    title: Promise
    query: str
    cards: list[Card]


def start_rows(now: datetime) -> list[Row]:
    """Ending soon, needs GPUs, released: three queries for any number of projects; empty rows are left out."""
    live = Project.objects.filter(state=S.LIVE, deadline_at__gt=now)
    released = OutputRelease.objects.public(now).order_by().values("project")
    kinds = {
        "ending": (_("Ending soon"), "sort=ending", live.order_by("deadline_at", "pk")),
        "gpus": (
            _("Needs GPUs"), "needs=compute",
            live.filter(listing__compute_permille__lt=1000).order_by("listing__compute_permille", "pk"),
        ),
        "released": (
            _("Released"), "state=completed",
            Project.objects.public().filter(pk__in=released).order_by("-launched_at", "-pk"),
        ),
    }  # fmt: skip
    named = [
        projects.annotate(row=Value(key, output_field=CharField())).values_list("row", "pk")[:SHOWN]
        for key, (_title, _query, projects) in kinds.items()
    ]
    found = list(named[0].union(*named[1:], all=True))
    projects = Project.objects.listed().in_bulk([pk for _row, pk in found])
    cards = dict(zip(projects, cards_of(list(projects.values()), now), strict=True))
    rows = [
        Row(key, title, query, [cards[pk] for row, pk in found if row == key])
        for key, (title, query, _projects) in kinds.items()
    ]
    return [row for row in rows if row.cards]


def similar_to(project: Project) -> list[Project]:
    """Public projects that share words, tags and kind, the likest first. One query; which they are is kept a while."""
    ids = cache.get(f"alike:{project.pk}")
    if ids is None:
        ids = _alike(project)
        cache.set(f"alike:{project.pk}", ids, ALIKE_SECONDS)
    found = Project.objects.public().listed().in_bulk(ids) if ids else {}
    return [found[pk] for pk in ids if pk in found]


def _alike(project: Project) -> list[int]:
    words = words_of(f"{project.tags} {project.title} {project.promise}", shortest=3)
    chosen = [word for word in dict.fromkeys(words) if word not in COMMON][:12]
    if not chosen:
        return []
    values: dict[str, Any] = {
        "query": " | ".join(f"'{word}'" for word in chosen), "self": project.pk, "kind": project.model_kind,
        "private": list(Project.PRIVATE_STATES), "most": ALIKE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_LIKEST, values)
        return [row[0] for row in cursor.fetchall()]
