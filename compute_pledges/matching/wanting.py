"""Which projects want the hours of a machine: those that take pledges, whose runs fit it, the most lacking first."""

from __future__ import annotations

from datetime import datetime

from compute_pledges.catalog import CATALOG
from compute_pledges.matching.memory import memory_of, need_of
from compute_pledges.matching.supply import open_runs
from compute_pledges.models import ComputePledge
from projects.models import Project
from projects.totals import totals_of

SHOWN = 5
LOOKED_AT = 200


def projects_wanting(*, pledge: ComputePledge, now: datetime) -> list[Project]:
    """Live projects with a compute goal that is not filled and no run that is too large, in three queries."""
    live = Project.objects.filter(state=Project.State.LIVE, deadline_at__gt=now, compute_minimum_us__gt=0)
    found = list(live.exclude(pk=pledge.project_id).exclude(creator_id=pledge.backer_id).order_by("pk")[:LOOKED_AT])
    totals = totals_of(found)
    memory = memory_of(pledge.device) if pledge.device else CATALOG[pledge.catalog_slug].memory_bytes
    runs = open_runs().filter(project__in=found)
    too_large = {run.project_id for run in runs if need_of(run).memory_bytes > memory}
    lacks = {p.pk: p.compute_minimum_us - totals[p.pk].compute_pledged for p in found if p.pk not in too_large}
    wanting = [project for project in found if lacks.get(project.pk, 0) > 0]
    return sorted(wanting, key=lambda project: -lacks[project.pk])[:SHOWN]
