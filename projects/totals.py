"""Totals of a project's contributions, from daily sums that a trigger keeps and a check proves equal to the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from projects.models import Contribution, ContributionDay, Project


@dataclass(slots=True)
class Totals:
    """Minor units and H100-equivalent microseconds; `standing` counts pledges that were not taken back.

    `compute_realized` is volunteers' time and `sponsored_filling`: rented machines' time as far as the plan of the
    launch lets it fill the goal. `sponsored_realized` is all of it.
    """

    money_pledged: int = 0
    money_realized: int = 0
    compute_pledged: int = 0
    compute_realized: int = 0
    sponsored_realized: int = 0
    sponsored_filling: int = 0
    money_standing: int = 0
    compute_standing: int = 0


def totals_of(projects: Iterable[Project]) -> dict[int, Totals]:
    """Totals by primary key, in one query for any number of projects."""
    planned = {project.pk: project.sponsored_hours_us for project in projects}
    found = {key: Totals() for key in planned}
    if not found:
        return found
    rows = (
        ContributionDay.objects.filter(project__in=planned)
        .values("project_id", "kind", "stage")
        .annotate(n=Sum("amount"), pledges=Sum("standing"))
    )
    for row in rows.order_by():
        totals, kind = found[row["project_id"]], row["kind"]
        setattr(totals, f"{kind}_{row['stage']}", row["n"])
        if row["stage"] == Contribution.Stage.PLEDGED:
            setattr(totals, f"{kind}_standing", row["pledges"])
    for key, totals in found.items():
        totals.sponsored_filling = min(totals.sponsored_realized, planned[key])
        totals.compute_realized += totals.sponsored_filling
    return found
