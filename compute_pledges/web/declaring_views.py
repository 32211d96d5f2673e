"""Declaring a run: what is typed is checked and estimated on a page of its own, and started from there."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from accounts.limits import is_within_limit
from compute_pledges.errors import ComputeError, RunRefused
from compute_pledges.examples import EXAMPLES
from compute_pledges.models import DataSet, RunDraft
from compute_pledges.services import drafts
from compute_pledges.services.data_sets import data_for
from compute_pledges.services.run_estimates import estimate_run
from compute_pledges.web.run_forms import RunForm, text_of, values_of
from projects.models import Project
from projects.roles import can
from training_cluster.protocol_models import CAUSAL, FAMILIES, TASKS, kind_of

CHECKS_AN_HOUR = 120


def creators_project(request: HttpRequest, slug: str) -> Project:
    """A project whose runs the signed-in person may start. Raises PermissionDenied."""
    project = get_object_or_404(Project, slug=slug)
    if not can(signed_in(request), project, "run"):
        raise PermissionDenied
    return project


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, and what was declared before; a refused form keeps what was typed."""
    project = creators_project(request, slug)
    draft = _draft_asked_for(request, project)
    ready = data_for(project).filter(state=DataSet.State.READY)
    form = RunForm(
        _typed(request), request.FILES or None, data_sets=ready, initial=_initial(request, draft),
        has_tokenizer=draft is not None and isinstance(draft.tokenizer, dict),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            _slow_down(request)
            kept = drafts.keep_draft(
                project=project, user=signed_in(request), declared=form.declared(), now=timezone.now(),
                draft_id=draft.pk if draft else None,
            )  # fmt: skip
        except ComputeError as error:
            form.add_error(None, str(error))
        else:
            return redirect("compute:run_draft", slug, kept.pk)
    context = {
        "project": project, "form": form, "draft": draft, "examples": TASKS.items(),
        "drafts": RunDraft.objects.filter(project=project, run=None).order_by("-updated_at"),
        "has_file": bool(request.FILES.get("tokenizer_file")),
    }  # fmt: skip
    return render(request, "compute/start_run.html", context, status=422 if form.errors else 200)


def _draft_asked_for(request: HttpRequest, project: Project) -> RunDraft | None:
    try:
        asked = UUID(request.GET.get("draft", ""))
    except ValueError:
        return None
    return get_object_or_404(RunDraft, pk=asked, project=project, run=None)


def _typed(request: HttpRequest) -> QueryDict | None:
    """What was posted; a config.json takes the place of its text, so that the page shows it again."""
    if request.method != "POST":
        return None
    typed = request.POST.copy()
    if file := request.FILES.get("config_file"):
        typed["config"] = text_of(file)
    return typed


def _initial(request: HttpRequest, draft: RunDraft | None) -> dict[str, Any]:
    chosen = {"data_set": data_set} if (data_set := request.GET.get("data_set")) else {}
    return _declared_before(request, draft) | chosen


def _declared_before(request: HttpRequest, draft: RunDraft | None) -> dict[str, Any]:
    if draft is not None:
        family = FAMILIES.get(kind_of(draft.config))
        return values_of(draft, family.task if family else CAUSAL)
    asked = request.GET.get("example", "")
    task = asked if asked in EXAMPLES else CAUSAL
    return {"task": task, "config": json.dumps(EXAMPLES[task], indent=2)}


def _slow_down(request: HttpRequest) -> None:
    if not is_within_limit(user=signed_in(request), action="check_run", most=CHECKS_AN_HOUR, seconds=3600):
        raise RunRefused(gettext("You checked many configurations within the hour. Wait a little."))


def _own_draft(request: HttpRequest, slug: str, draft_id: UUID) -> RunDraft:
    related = RunDraft.objects.select_related("data_set", "run", "project")
    return get_object_or_404(related, pk=draft_id, project=creators_project(request, slug))


@login_required
@require_safe
def check(request: HttpRequest, slug: str, draft_id: UUID) -> HttpResponse:
    """What was declared, what was left out of it, and what it will take."""
    draft = _own_draft(request, slug, draft_id)
    if draft.run is not None:
        return redirect("compute:run", draft.run.pk)
    context: dict[str, Any] = {"project": draft.project, "draft": draft}
    try:
        plan = drafts.plan_of_draft(draft)
    except ComputeError as error:
        return render(request, "compute/check_run.html", context | {"refused": str(error)}, status=422)
    samples = drafts.planned_samples(plan, draft.planned)
    context |= {
        "plan": plan, "estimate": estimate_run(plan, samples), "task": TASKS[plan.model.task], "samples": samples,
    }  # fmt: skip
    return render(request, "compute/check_run.html", context)


@login_required
@require_POST
def start(request: HttpRequest, slug: str, draft_id: UUID) -> HttpResponse:
    """Start what was checked; a second press leads to the same run."""
    draft = _own_draft(request, slug, draft_id)
    try:
        run = drafts.start_draft(draft=draft, user=signed_in(request), now=timezone.now())
    except ComputeError as error:
        messages.error(request, str(error))
        return redirect("compute:run_draft", slug, draft_id)
    messages.success(request, gettext("The run is recorded. The cluster starts its anchor within seconds."))
    return redirect("compute:run", run.pk)


@login_required
@require_POST
def discard(request: HttpRequest, slug: str, draft_id: UUID) -> HttpResponse:
    """Forget what was declared and not started."""
    draft = _own_draft(request, slug, draft_id)
    drafts.discard_draft(draft=draft, user=signed_in(request))
    messages.success(request, gettext("Discarded."))
    return redirect("compute:start_run", slug)
