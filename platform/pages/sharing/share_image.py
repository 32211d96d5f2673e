"""The picture of a project that other sites show: its weave, its title, both meters. Drawn once for what it says."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from compute_pledges.live import Weave
from compute_pledges.templatetags.training import project_weave
from pages.sharing.drawing import Facts, MeterFacts, draw
from projects.meters import Meter, meters_of
from projects.models import Project
from projects.sharing.addresses import site
from projects.totals import totals_of

KEPT_SECONDS = 86_400
COLUMNS, ROWS = 46, 8


@require_safe
def share_image(request: HttpRequest, slug: str) -> HttpResponse:
    """PNG of 1200 x 630; the ETag is a hash of what it shows, under which the bytes are kept too."""
    project = get_object_or_404(Project.objects.public().select_related("creator"), slug=slug)
    facts = facts_of(project)
    digest = hashlib.sha256(json.dumps(facts.plain, ensure_ascii=False).encode()).hexdigest()[:32]
    headers = {"ETag": f'"{digest}"', "Cache-Control": "public, max-age=600"}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponse(status=304, headers=headers)
    png = cache.get(f"share:{digest}")
    if png is None:
        png = draw(facts)
        cache.set(f"share:{digest}", png, KEPT_SECONDS)
    return HttpResponse(png, content_type="image/png", headers=headers)


def facts_of(project: Project) -> Facts:
    """What the picture says, and nothing else."""
    meters = tuple(map(_meter, meters_of(project, totals_of([project])[project.pk])))
    address = site(project.get_absolute_url()).split("://")[-1].rstrip("/")
    return Facts(
        title=project.title, promise=project.promise, creator=project.creator.public_name,
        license=project.weights_license, address=address, meters=meters, cells=_cells(project_weave(project)),
    )  # fmt: skip


def _meter(meter: Meter) -> MeterFacts:
    return MeterFacts(meter.kind, meter.figure, meter.short, meter.solid, meter.promised, meter.tick)


def _cells(weave: Weave | None) -> tuple[tuple[int, int, str, int], ...]:
    """(column, row, look, shade) of the newest columns."""
    if weave is None:
        return ()
    first = max(len(weave.rounds) - COLUMNS, 0)
    found: list[Any] = [
        (cell.column - first, machine.row, cell.look, cell.shade)
        for machine in weave.machines[:ROWS]
        for cell in machine.cells
        if cell.column >= first
    ]
    return tuple(found)
