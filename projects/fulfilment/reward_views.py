"""A team's rewards: their details, pictures, questions and shared stock."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current import signed_in
from projects.conflicts import Shown
from projects.creating_views import own_project
from projects.errors import ChangedElsewhere, RewardRefused
from projects.fulfilment import offering
from projects.fulfilment.forms import DetailsForm, PictureForm, PoolForm, QuestionFormSet
from projects.fulfilment.images import MOST_BYTES
from projects.models import Project, Reward, RewardImage
from projects.roles import can
from values.typeface import lacking


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rewards(request: HttpRequest, slug: str) -> HttpResponse:
    """The rewards with what is set of each, and stock that they share."""
    project = own_project(request, slug, "edit")
    form = PoolForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            offering.share_stock(project=project, by=signed_in(request), **form.cleaned_data)
        except RewardRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Choose it in each reward that shares it."))
            return redirect("projects:rewards", slug=slug)
    context = {
        "project": project, "form": form, "pools": list(project.stock_pools.all()),
        "rewards": list(project.rewards.select_related("project", "pool").prefetch_related("questions")),
    }  # fmt: skip
    return render(request, "projects/rewards/list.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reward_details(request: HttpRequest, slug: str, reward_id: int) -> HttpResponse:
    """One reward's details, picture and questions: three forms, each sent by its own button."""
    project = own_project(request, slug, "edit")
    reward = get_object_or_404(Reward.objects.select_related("project", "pool"), project=project, pk=reward_id)
    part = request.POST.get("part", "")
    details, asked = offering.typed_details(reward), offering.typed_questions(reward)
    typed: Any = request.POST if request.method == "POST" else None
    forms: dict[str, Any] = {
        "details": DetailsForm(typed if part == "details" else None, initial=details, reward=reward),
        "picture": PictureForm(typed if part == "picture" else None, request.FILES if part == "picture" else None),
        "questions": QuestionFormSet(typed if part == "questions" else None, initial=asked, prefix="questions"),
    }
    if part == "no-picture":
        offering.remove_picture(reward_id=reward.pk, by=signed_in(request))
        return redirect(request.path)
    shown = {
        "details": Shown(DetailsForm, details),
        "questions": Shown(QuestionFormSet, asked, "questions", _("Question")),
    }
    conflict = shown[part].conflict(request.POST) if part in shown else []
    if part in forms and not conflict and forms[part].is_valid():
        try:
            is_kept = _keep(request, reward, part, forms[part], shown)
        except ChangedElsewhere:
            return reward_details(request, slug, reward_id)
        if is_kept:
            messages.success(request, _("Saved."))
            return redirect(request.path)
    context = {
        "project": project,
        "reward": reward,
        "image": RewardImage.objects.filter(reward=reward).first(),
        "versions": {name: one.version for name, one in shown.items()},
        "conflicts": {part: conflict},
        "undrawable": lacking(f"{reward.thanks_text} {project.title} {project.creator.public_name}")
        if "thanks" in reward.benefits
        else [],
        **forms,
    }
    status = 409 if conflict else 422 if typed is not None else 200
    return render(request, "projects/rewards/details.html", context, status=status)


def _keep(request: HttpRequest, reward: Reward, part: str, form: Any, shown: dict[str, Shown]) -> bool:
    """Whether the part was kept; what refused it stands in its form, or above the questions.

    Raises ChangedElsewhere where somebody saved the part after it was read.
    """
    by, version = signed_in(request), shown[part].version if part in shown else None
    try:
        if part == "details":
            offering.describe_reward(reward_id=reward.pk, by=by, details=form.details(), version=version)
        elif part == "picture":
            content = form.cleaned_data["picture"].read(MOST_BYTES + 1)
            offering.picture_reward(reward_id=reward.pk, by=by, content=content, alt=form.cleaned_data["alt"])
        else:
            offering.ask_questions(reward_id=reward.pk, by=by, questions=_questions(form), version=version)
    except RewardRefused as error:
        if part == "questions":
            messages.error(request, str(error))
        else:
            form.add_error(None, str(error))
        return False
    return True


def _questions(rows: Any) -> list[offering.Question]:
    kept = [row for row in rows if row.has_changed() or row in rows.initial_forms]
    typed = [row.cleaned_data for row in kept if not row.cleaned_data.get("DELETE")]
    return [
        offering.Question(data["text"], data["choices"], not data["is_optional"], data.get("pk"))
        for data in typed
        if data.get("text")
    ]


@require_safe
def reward_image(request: HttpRequest, slug: str, reward_id: int, sha256: str) -> HttpResponse:
    """A reward's picture. Its address names its bytes, so browsers keep it."""
    rows = RewardImage.objects.select_related("reward__project")
    image = get_object_or_404(rows, reward=reward_id, reward__project__slug=slug, sha256=sha256)
    project = image.reward.project
    if project.state in Project.PRIVATE_STATES and not _may_preview(request, project):
        raise Http404(_("There is no such picture."))
    answer = HttpResponse(bytes(image.content), content_type="image/webp")
    is_public = project.state not in Project.PRIVATE_STATES
    answer["Cache-Control"] = "public, max-age=31536000, immutable" if is_public else "private, max-age=60"
    return answer


def _may_preview(request: HttpRequest, project: Project) -> bool:
    user = request.user
    return can(user, project, "see") or (user.is_authenticated and (user.is_reviewer or user.is_admin))
