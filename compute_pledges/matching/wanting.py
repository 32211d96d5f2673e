"""Which projects want the hours of a machine: those that take pledges, whose runs fit it, the most lacking first."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from compute_pledges.catalog import CATALOG
from compute_pledges.matching.memory import memory_of, need_of
from compute_pledges.matching.supply import open_runs
from compute_pledges.models import ComputePledge, HoursOffer
from compute_pledges.services.pledges import TAKES_OVER
from projects.models import Project
from projects.totals import totals_of

SHOWN = 5
LOOKED_AT = 200


def projects_wanting(*, pledge: ComputePledge, now: datetime) -> list[Project]:
    """Live projects whose compute goal is not filled and funded ones that offer missing hours, where a run fits or none
    is declared yet; in four queries.
    """
    lacking = dict(HoursOffer.objects.filter(closed_at=None).values_list("project_id", "missing_h100_us"))
    live = Q(state=Project.State.LIVE, deadline_at__gt=now, compute_minimum_us__gt=0)
    open_for = live | Q(pk__in=lacking, state__in=TAKES_OVER, compute_ends_at__gt=now)
    others = Project.objects.filter(open_for).exclude(pk=pledge.project_id).exclude(creator_id=pledge.backer_id)
    found = list(others.order_by("pk")[:LOOKED_AT])
    totals = totals_of(found)
    memory = memory_of(pledge.device) if pledge.device else CATALOG[pledge.catalog_slug].memory_bytes
    least: dict[int, int] = {}
    for run in open_runs().filter(project__in=found):
        need = need_of(run).memory_bytes
        least[run.project_id] = min(least.get(run.project_id, need), need)
    lacks = {
        p.pk: lacking.get(p.pk, p.compute_minimum_us - totals[p.pk].compute_pledged)
        for p in found
        if least.get(p.pk, 0) <= memory
    }
    wanting = [project for project in found if lacks.get(project.pk, 0) > 0]
    return sorted(wanting, key=lambda project: -lacks[project.pk])[:SHOWN]
