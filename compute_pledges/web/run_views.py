"""Watching a training run, pausing and resuming it."""

from __future__ import annotations

import json
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in, watcher
from accounts.models import User
from compute_pledges.declared import changes_of, facts_of
from compute_pledges.errors import RunRefused
from compute_pledges.live import own_names, own_rows, run_snapshot, weave_of
from compute_pledges.models import ModelRelease, TrainingRun
from compute_pledges.project_runs import released_of_project, runs_of_project
from compute_pledges.services import run_states
from compute_pledges.services.timing import lateness
from compute_pledges.watching import answer_of, panes_of
from projects.models import Project
from projects.roles import can

RUNS_A_PAGE = 25


def visible_run(run_id: UUID) -> TrainingRun:
    """A run of a public project. Raises Http404."""
    run = TrainingRun.objects.select_related("project").filter(pk=run_id).first()
    if run is None or run.project.state in Project.PRIVATE_STATES:
        raise Http404(gettext("There is no such run."))
    return run


def asked_number(request: HttpRequest, name: str) -> int | None:
    """The whole number that the query gives; None where it gives none. Raises Http404 for what is none."""
    text = request.GET.get(name, "")
    if text and not (text.isdecimal() and len(text) < 10):
        raise Http404(gettext("There is no such round or page."))
    return int(text) if text else None


@require_safe
def watch(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The Weave, drawn by the server and kept live by the browser."""
    run = visible_run(run_id)
    weave = weave_of(run, now=timezone.now())
    changes, older = changes_of(run)
    viewer = watcher(request)
    names = own_names(viewer) if isinstance(viewer, User) else {}
    weave.mark_own(names)
    may_control = isinstance(viewer, User) and run_states.may_control(run, viewer)
    context = {
        "run": run,
        "lateness": lateness(run) if may_control and run.state == TrainingRun.State.RUNNING else "",
        "weave": weave,
        "facts": list(facts_of(run, tokens=weave.totals["tokens"])),
        "changes": changes,
        "older_changes": older,
        "panes": panes_of(run=run, user=viewer, now=timezone.now()),
        "answer": answer_of(run=run, index=asked_number(request, "round")),
        "own_names": json.dumps(names),
        "own": own_rows(run=run, user=viewer, weave=weave) if isinstance(viewer, User) and names else None,
        "events_url": f"{settings.EVENTS_URL}/runs/{run.pk}/events?language={get_language()}"
        if settings.EVENTS_URL
        else "",
        "has_release": ModelRelease.objects.filter(run=run, state=ModelRelease.State.RELEASED).exists(),
        "may_release": can(viewer, run.project, "run"),
        "may_control": may_control,
    }
    return render(request, "compute/run.html", context)


@require_safe
def of_project(request: HttpRequest, slug: str) -> HttpResponse:
    """All runs of a project, or those that are released."""
    project = get_object_or_404(Project.objects.exclude(state__in=Project.PRIVATE_STATES), slug=slug)
    only_released = request.GET.get("released") == "yes"
    found = released_of_project(project) if only_released else runs_of_project(project)
    runs = Paginator(found, RUNS_A_PAGE).get_page(request.GET.get("page"))
    context = {"project": project, "runs": runs, "only_released": only_released}
    return render(request, "compute/project_runs.html", context)


@require_safe
def live(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The part that changes, for polling when the event stream is away."""
    run = visible_run(run_id)
    return render(request, "compute/_live.html", {"run": run, "weave": weave_of(run, now=timezone.now())})


@require_safe
def snapshot(request: HttpRequest, run_id: UUID) -> JsonResponse:
    """The weave as JSON."""
    return JsonResponse(run_snapshot(visible_run(run_id), now=timezone.now()))


@login_required
@require_POST
def change_state(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Pause or resume; stopping has a page of its own, and works here too."""
    run = visible_run(run_id)
    target = request.POST.get("state", "")
    if target not in TrainingRun.State.values:
        raise Http404(gettext("There is no such state."))
    try:
        run_states.change_run_state(run=run, user=signed_in(request), target=target, now=timezone.now())
    except RunRefused as error:
        if not run_states.may_control(run, signed_in(request)):
            raise PermissionDenied from error
        messages.error(request, str(error))
    onward = "compute:run_settings" if request.POST.get("next") == "settings" else "compute:run"
    return redirect(onward, run_id)
