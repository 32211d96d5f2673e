"""The parts of a run's page that are fetched on their own: the watcher's panes, and a checkpoint's answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.current import signed_in, watcher
from accounts.models import User
from compute_pledges.cells import cell_table
from compute_pledges.live import own_names, own_rows
from compute_pledges.models import Round
from compute_pledges.services.blobs import has_blob, open_blob
from compute_pledges.watching import answer_of, panes_of
from compute_pledges.web.run_views import asked_number, visible_run


@require_safe
def panes(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Asked for again as the run goes on."""
    run = visible_run(run_id)
    found = panes_of(run=run, user=watcher(request), now=timezone.now())
    return render(request, "compute/_panes.html", {"run": run, "panes": found})


@login_required
@require_safe
def own(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The viewer's machines that the weave of everyone leaves out."""
    run = visible_run(run_id)
    return render(request, "compute/_own.html", {"run": run, "own": own_rows(run=run, user=signed_in(request))})


@require_safe
def cells(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The weave as a table: `?until=` is its last round, `?page=` leads to further machines."""
    run, viewer = visible_run(run_id), watcher(request)
    names = own_names(viewer) if isinstance(viewer, User) else {}
    page = asked_number(request, "page") or 1
    table = cell_table(run=run, until=asked_number(request, "until"), page=page, names=names)
    return render(request, "compute/cells.html", {"run": run, "table": table})


@require_safe
def answer(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What the checkpoint after `?round=` writes."""
    run = visible_run(run_id)
    found = answer_of(run=run, index=asked_number(request, "round"))
    return render(request, "compute/_answer.html", {"run": run, "answer": found})


@require_safe
def picture(request: HttpRequest, run_id: UUID, index: int) -> FileResponse:
    """A picture that a checkpoint made. It is shown as an image and as nothing else."""
    found = get_object_or_404(Round, run=visible_run(run_id), index=index)
    if not found.sample_sha256 or not has_blob(found.sample_sha256):
        raise Http404(gettext("This checkpoint made no picture."))
    return FileResponse(
        open_blob(found.sample_sha256), content_type="image/png", headers={"Cache-Control": "max-age=3600"}
    )
