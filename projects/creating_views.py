"""A creator's pages: new, edit, preview, submit, launch, lab notes."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from clock.services import business_now
from projects import editing
from projects.errors import LaunchRefused, TransitionRefused
from projects.forms import LabNoteForm, ProjectForm, RewardFormSet
from projects.launch import launch, missing_for_launch
from projects.licenses import SUGGESTED
from projects.markdown import render_markdown
from projects.meters import meters_of
from projects.models import Project
from projects.totals import totals_of
from values.gpu_time import MICROSECONDS_PER_HOUR
from values.money import Money


def signed_in(request: HttpRequest) -> User:
    """The account behind a view that requires one."""
    assert isinstance(request.user, User)
    return request.user


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
    totals = totals_of(projects)
    items = [{"project": project, "meters": meters_of(project, totals[project.pk])} for project in projects]
    return render(request, "projects/mine.html", {"items": items})


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
    form = ProjectForm(request.POST or None, initial=_typed(project))
    rows = [_typed_reward(project, reward) for reward in project.rewards.all()]
    rewards = RewardFormSet(request.POST or None, initial=rows, prefix="rewards", form_kwargs=_currency(request))
    return _edit(request, project, form, rewards)


def _currency(request: HttpRequest) -> dict[str, str]:
    given = request.POST.get("currency", "EUR")
    return {"currency": given if given in dict(ProjectForm.base_fields["currency"].choices) else "EUR"}  # type: ignore[attr-defined]  # reason: a ChoiceField


def _edit(request: HttpRequest, project: Project | None, form: ProjectForm, rewards: Any) -> HttpResponse:
    is_valid = request.method == "POST" and form.is_valid() and rewards.is_valid()
    wants_preview = "preview" in request.POST
    if is_valid and not wants_preview:
        kept = [row.cleaned_data for row in rewards if row.has_changed() and not row.cleaned_data.get("DELETE")]
        kept += [row.cleaned_data for row in rewards.initial_forms if not row.has_changed()]
        saved = _save(request, project, form.cleaned_data, kept)
        messages.success(request, "Saved as a draft. Look it over, then hand it in for review.")
        return redirect(saved)
    context = {
        "form": form,
        "rewards": rewards,
        "project": project,
        "licenses": SUGGESTED,
        "preview": render_markdown(request.POST.get("story", "")) if wants_preview else "",
    }
    status = 422 if request.method == "POST" and not is_valid and not wants_preview else 200
    return render(request, "projects/edit.html", context, status=status)


def _save(
    request: HttpRequest, project: Project | None, data: dict[str, Any], rewards: list[dict[str, Any]]
) -> Project:
    if project is None:
        return editing.create_project(creator=signed_in(request), data=data, rewards=rewards)
    return editing.update_project(project_id=project.pk, data=data, rewards=rewards)


def _typed(project: Project) -> dict[str, Any]:
    """The project as its creator typed it."""
    same = (
        "title", "promise", "story", "model_kind", "weights_license", "data_license", "code_license", "currency",
        "funding_model", "shortfall_rule", "time_zone",
    )  # fmt: skip
    local = project.deadline_at.astimezone(ZoneInfo(project.time_zone)).replace(tzinfo=None)
    return {name: getattr(project, name) for name in same} | {
        "funding_minimum": _major(project.funding_minimum, project),
        "funding_stretch": _major(project.funding_stretch, project),
        "compute_minimum": _hours(project.compute_minimum_us),
        "compute_stretch": _hours(project.compute_stretch_us),
        "deadline": local,
    }


def _typed_reward(project: Project, reward: Any) -> dict[str, Any]:
    return {
        "title": reward.title,
        "description": reward.description,
        "money": _major(reward.threshold_minor, project),
        "hours": _hours(reward.threshold_gpu_us),
        "limit": reward.limit,
    }


def _major(minor: int | None, project: Project) -> str:
    return str(Money(minor, project.currency).decimal) if minor else ""


def _hours(microseconds: int | None) -> str:
    return f"{microseconds / MICROSECONDS_PER_HOUR:.10f}".rstrip("0").rstrip(".") if microseconds else ""


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


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def write_note(request: HttpRequest, slug: str) -> HttpResponse:
    """A lab note, with a preview."""
    project = own_project(request, slug)
    form = LabNoteForm(request.POST or None)
    wants_preview = "preview" in request.POST
    if request.method == "POST" and not wants_preview and form.is_valid():
        try:
            editing.publish_note(project=project, author=signed_in(request), now=business_now(), **form.cleaned_data)
        except TransitionRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Published, and on its way to your backers.")
            return redirect(project)
    preview = render_markdown(request.POST.get("body", "")) if wants_preview else ""
    context = {"project": project, "form": form, "preview": preview}
    return render(request, "projects/note.html", context, status=422 if form.errors and not wants_preview else 200)


def creator_context(project: Project, user: object) -> dict[str, Any]:
    """What the project's page shows to its creator: reviews, and what a launch lacks."""
    if not isinstance(user, User) or user.pk != project.creator_id:
        return {}
    approved = project.state == Project.State.APPROVED
    return {
        "is_creator": True,
        "reviews": list(project.reviews.select_related("reviewer")[:10]),
        "missing": missing_for_launch(project, business_now()) if approved else [],
        "may_edit": project.state in Project.EDITABLE_STATES,
        "may_write": project.state in editing.NOTE_STATES,
    }
