"""A creator's pages: new, edit, preview, submit, launch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from accounts.models import User
from clock.services import business_now
from projects import editing
from projects.community.notes import NOTE_STATES
from projects.discovering import items_of
from projects.errors import LaunchRefused, TransitionRefused
from projects.forms import MOST_REWARDS, ProjectForm, RewardFormSet
from projects.launch import launch, missing_for_launch
from projects.licenses import SUGGESTED
from projects.markdown import render_markdown
from projects.models import Project
from projects.states import TRANSITIONS
from projects.typed import typed_project, typed_reward, unjudged

NEXT_STEPS = {
    "draft": "Only you see it. Look it over as a backer would, then hand it in: two reviewers read it.",
    "in_review": "Two different reviewers must approve. What they say appears here.",
    "changes_requested": "Change what the reviewers name, then hand it in again.",
    "approved": "Everyone can see it now. Pledges start when you launch.",
    "live": "Pledges are open. Lab notes keep your backers with you.",
    "collecting": "The goals are met; cards are being charged.",
    "funded": "The money is collected. Train, report and deliver.",
    "delivering": "Show evidence for each milestone on your balance page to be paid its tranche.",
    "failed": "A minimum was missed: no card was charged, and GPU hours are released.",
}


def own_project(request: HttpRequest, slug: str) -> Project:
    """The creator's project. Raises PermissionDenied for anyone else."""
    project = get_object_or_404(Project.objects.select_related("creator"), slug=slug)
    if project.creator_id != signed_in(request).pk:
        raise PermissionDenied
    return project


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The account's projects with what each needs next."""
    projects = list(Project.objects.filter(creator=signed_in(request)).order_by("-pk")[:50])
    return render(request, "projects/mine.html", {"items": items_of(projects, business_now())})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new draft."""
    form = ProjectForm(request.POST or None)
    rewards = RewardFormSet(request.POST or None, prefix="rewards", form_kwargs=_currency(request))
    return _edit(request, None, form, rewards)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """The same form for a draft, or after changes were requested."""
    project = own_project(request, slug)
    if project.state not in Project.EDITABLE_STATES:
        messages.error(request, "A project is edited as a draft or when changes were requested.")
        return redirect(project)
    form = ProjectForm(request.POST or None, initial=typed_project(project))
    rows = [typed_reward(project, reward) for reward in project.rewards.all()]
    rewards = RewardFormSet(request.POST or None, initial=rows, prefix="rewards", form_kwargs=_currency(request))
    return _edit(request, project, form, rewards)


def _currency(request: HttpRequest) -> dict[str, str]:
    given = request.POST.get("currency", "EUR")
    return {"currency": given if given in dict(ProjectForm.base_fields["currency"].choices) else "EUR"}  # type: ignore[attr-defined]  # reason: a ChoiceField


def _edit(request: HttpRequest, project: Project | None, form: ProjectForm, rewards: Any) -> HttpResponse:
    if {"preview", "rows"} & request.POST.keys():
        form, rewards = unjudged(request.POST)
    elif request.method == "POST" and form.is_valid() & rewards.is_valid():
        saved = _save(request, project, form.cleaned_data, _kept(rewards))
        messages.success(request, "Saved as a draft. Look it over, then hand it in for review.")
        return redirect(saved)
    context = {
        "form": form,
        "rewards": rewards,
        "most_rewards": MOST_REWARDS,
        "project": project,
        "licenses": SUGGESTED,
        "preview": render_markdown(request.POST.get("story", "")[:40_000]) if "preview" in request.POST else "",
    }
    return render(request, "projects/edit.html", context, status=422 if form.is_bound else 200)


def _kept(rewards: Any) -> list[dict[str, Any]]:
    kept = [row for row in rewards if row.has_changed() or row in rewards.initial_forms]
    return [row.cleaned_data for row in kept if not row.cleaned_data.get("DELETE")]


def _save(
    request: HttpRequest, project: Project | None, data: dict[str, Any], rewards: list[dict[str, Any]]
) -> Project:
    if project is None:
        return editing.create_project(creator=signed_in(request), data=data, rewards=rewards)
    return editing.update_project(project_id=project.pk, data=data, rewards=rewards)


def _deliver(request: HttpRequest, slug: str, deed: Callable[..., object], done: str) -> HttpResponse:
    project = own_project(request, slug)
    try:
        deed(project=project, actor=signed_in(request), now=business_now())
    except TransitionRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect(project)


@login_required
@require_POST
def deliver(request: HttpRequest, slug: str) -> HttpResponse:
    """From funded to delivering."""
    return _deliver(request, slug, editing.begin_delivery, "Delivery has begun. Tell your backers in a lab note.")


@login_required
@require_POST
def complete(request: HttpRequest, slug: str) -> HttpResponse:
    """From delivering to completed."""
    return _deliver(request, slug, editing.complete, "Completed. Thank you.")


@login_required
@require_POST
def submit(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand the draft in."""
    project = own_project(request, slug)
    try:
        editing.submit(project=project, actor=signed_in(request), now=business_now())
    except TransitionRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Handed in. Two reviewers look at it; you will see their words here.")
    return redirect(project)


@login_required
@require_POST
def go_live(request: HttpRequest, slug: str) -> HttpResponse:
    """Launch an approved project."""
    project = own_project(request, slug)
    try:
        launch(project=project, actor=signed_in(request), now=business_now())
    except (LaunchRefused, TransitionRefused) as error:
        messages.error(request, f"Not launched: {error}")
    else:
        messages.success(request, "Your project is live.")
    return redirect(project)


def creator_context(project: Project, user: object) -> dict[str, Any]:
    """What the project's page shows to its creator: reviews, and what a launch lacks."""
    if not isinstance(user, User) or user.pk != project.creator_id:
        return {}
    approved = project.state == Project.State.APPROVED
    return {
        "is_creator": True,
        "next_step": NEXT_STEPS.get(project.state, ""),
        "reviews": list(project.reviews.select_related("reviewer")[:10]),
        "missing": missing_for_launch(project, business_now()) if approved else [],
        "may_edit": project.state in Project.EDITABLE_STATES,
        "may_write": project.state in NOTE_STATES,
        "may_end": Project.State.CANCELED in TRANSITIONS[project.state],
    }
