"""Which projects a visitor's question finds, and what a list shows of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from projects.meters import meters_of
from projects.models import Contribution, ContributionDay, Project
from projects.models.project import ProjectQuerySet
from projects.totals import totals_of

FACETS = ("q", "kind", "state", "needs", "sort")
SORTS = (("", "Newest"), ("ending", "Ending soon"), ("backed", "Most pledges"))
STATES = [choice for choice in Project.State.choices if choice[0] not in Project.PRIVATE_STATES]
LONGEST = 100


def facets_of(asked: Mapping[str, str]) -> dict[str, str]:
    """What was asked, cut to a sane length; a null byte cannot be searched for."""
    return {name: asked.get(name, "").replace("\0", "").strip()[:LONGEST] for name in FACETS}


def found(facets: Mapping[str, str]) -> ProjectQuerySet:
    """Public projects by words, kind, state and need, in the order asked for."""
    projects = Project.objects.public().select_related("creator")
    if text := facets["q"]:
        words = Q(title__icontains=text) | Q(promise__icontains=text) | Q(creator__name__icontains=text)
        projects = projects.filter(words)
    if facets["kind"]:
        projects = projects.filter(model_kind=facets["kind"])
    if facets["state"]:
        projects = projects.filter(state=facets["state"])
    return _sorted(_needing(projects, facets["needs"]), facets["sort"])


def _needing(projects: ProjectQuerySet, needs: str) -> ProjectQuerySet:
    if needs == "money":
        return projects.filter(Q(funding_minimum__gt=0) | Q(funding_stretch__gt=0))
    if needs == "compute":
        return projects.filter(Q(compute_minimum_us__gt=0) | Q(compute_stretch_us__gt=0))
    return projects


def _sorted(projects: ProjectQuerySet, sort: str) -> ProjectQuerySet:
    if sort == "ending":
        return projects.filter(state=Project.State.LIVE).order_by("deadline_at", "pk")
    if sort == "backed":
        pledged = ContributionDay.objects.filter(project=OuterRef("pk"), stage=Contribution.Stage.PLEDGED)
        standing = pledged.order_by().values("project").annotate(n=Sum("standing")).values("n")
        count = Coalesce(Subquery(standing), 0)
        return projects.annotate(pledges=count).order_by("-pledges", "-launched_at", "-pk")
    return projects


def items_of(projects: list[Project], now: datetime) -> list[dict[str, Any]]:
    """What a list shows, in one query for any number of projects."""
    totals = totals_of(projects)
    return [
        {
            "project": project,
            "meters": meters_of(project, totals[project.pk]),
            "time_left": time_left(project, now),
        }
        for project in projects
    ]


def time_left(project: Project, now: datetime) -> str:
    """How long pledges are taken, in words; empty once they are not."""
    seconds = int((project.deadline_at - now).total_seconds())
    if project.state != Project.State.LIVE or seconds <= 0:
        return ""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} left"
    return "less than a minute left"
