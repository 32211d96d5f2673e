"""Totals of a project's contributions, from daily sums that a trigger keeps and a check proves equal to the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from projects.models import Contribution, ContributionDay, Project


@dataclass(slots=True)
class Totals:
    """Minor units and H100-equivalent microseconds; `standing` counts pledges that were not taken back."""

    money_pledged: int = 0
    money_realized: int = 0
    compute_pledged: int = 0
    compute_realized: int = 0
    money_standing: int = 0
    compute_standing: int = 0


def totals_of(projects: Iterable[Project]) -> dict[int, Totals]:
    """Totals by primary key, in one query for any number of projects."""
    found = {project.pk: Totals() for project in projects}
    rows = (
        ContributionDay.objects.filter(project__in=found)
        .values("project_id", "kind", "stage")
        .annotate(n=Sum("amount"), pledges=Sum("standing"))
    )
    for row in rows.order_by():
        totals, kind = found[row["project_id"]], row["kind"]
        setattr(totals, f"{kind}_{row['stage']}", row["n"])
        if row["stage"] == Contribution.Stage.PLEDGED:
            setattr(totals, f"{kind}_standing", row["pledges"])
    return found
