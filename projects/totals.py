"""Totals of a project's contributions, from daily sums that a trigger keeps and a check proves equal to the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from projects.models import Contribution, ContributionDay, Project


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
        ContributionDay.objects.filter(project__in=found)
        .values("project_id", "kind", "stage")
        .annotate(n=Sum("amount"))
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
    pledged = ContributionDay.objects.filter(project=project, stage=Contribution.Stage.PLEDGED)
    standing = dict(pledged.order_by().values_list("kind").annotate(n=Sum("standing")))
    return Support(money=standing.get("money", 0), compute=standing.get("compute", 0))
