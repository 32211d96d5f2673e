"""Changing a run that is under way: settings while it is paused, a fork from a checkpoint, the end."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.current import signed_in
from compute_pledges.errors import RunRefused
from compute_pledges.models import TrainingRun
from compute_pledges.services.forking import fork_run, forkable_rounds
from compute_pledges.services.run_states import change_hyper, change_run_state, may_control
from compute_pledges.web.run_forms import ForkForm, SettingsForm, StopForm
from compute_pledges.web.run_views import visible_run
from training_cluster.protocol_hyper import DEFAULT_HYPER


def controlled_run(request: HttpRequest, run_id: UUID) -> TrainingRun:
    """A run that the signed-in person may change. Raises Http404, PermissionDenied."""
    run = visible_run(run_id)
    if not may_control(run, signed_in(request)):
        raise PermissionDenied
    return run


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Other settings for a paused run."""
    run = controlled_run(request, run_id)
    form = SettingsForm(request.POST or None, initial={**DEFAULT_HYPER, **run.hyper})
    if request.method == "POST" and form.is_valid():
        try:
            change_hyper(
                run=run, user=signed_in(request), hyper=form.hyper(), reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )  # fmt: skip
        except RunRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, gettext("The settings are changed. Resume the run: they hold from its next round on.")
            )
            return redirect("compute:run", run_id)
    return render(
        request, "compute/run_settings.html", {"run": run, "form": form}, status=422 if form.errors else 200
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def fork(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """A new run from a checkpoint; the run that it comes from goes on as it is."""
    run = controlled_run(request, run_id)
    rounds = forkable_rounds(run)
    initial = {**DEFAULT_HYPER, **run.hyper, "name": f"{run.name[:72]}, forked", "index": request.GET.get("round", "")}
    form = ForkForm(request.POST or None, rounds=rounds, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = fork_run(
                run=run, user=signed_in(request), index=data["index"], name=data["name"], hyper=form.hyper(),
                reason=data["reason"], now=timezone.now(),
            )  # fmt: skip
        except RunRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("The fork is recorded. The cluster starts its anchor within seconds."))
            return redirect("compute:run", made.pk)
    context = {"run": run, "form": form, "rounds": rounds}
    return render(request, "compute/fork_run.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What follows from stopping is said first."""
    run = controlled_run(request, run_id)
    form = StopForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        change_run_state(run=run, user=signed_in(request), target="stopped", now=timezone.now(), reason=reason)
        messages.success(request, gettext("The run is stopped for good."))
        return redirect("compute:run", run_id)
    return render(request, "compute/stop_run.html", {"run": run, "form": form}, status=422 if form.errors else 200)
