"""Totals of a project's contributions: derived, never stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from projects.models import Contribution, Project


@dataclass(slots=True)
class Totals:
    """Minor units and H100-equivalent microseconds."""

    money_pledged: int = 0
    money_realized: int = 0
    compute_pledged: int = 0
    compute_realized: int = 0


def totals_of(projects: Iterable[Project]) -> dict[int, Totals]:
    """Totals by primary key, in one query for any number of projects."""
    found = {project.pk: Totals() for project in projects}
    rows = (
        Contribution.objects.filter(project__in=found).values("project_id", "kind", "stage").annotate(n=Sum("amount"))
    )
    for row in rows.order_by():
        setattr(found[row["project_id"]], f"{row['kind']}_{row['stage']}", row["n"])
    return found


@dataclass(frozen=True, slots=True)
class Support:
    """Pledges that stand, by what they promise."""

    money: int = 0
    compute: int = 0


def support_of(project: Project) -> Support:
    """How many pledges stand; one that was taken back sums to zero and is not counted."""
    pledged = Contribution.objects.filter(project=project, stage=Contribution.Stage.PLEDGED)
    standing = pledged.order_by().values("kind", "source").annotate(n=Sum("amount")).filter(n__gt=0)
    counts = Counter(row["kind"] for row in standing.values("kind"))
    return Support(money=counts["money"], compute=counts["compute"])
