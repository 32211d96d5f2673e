"""The creator's page of GPU time: supply against demand, offers to take or decline, what will be missing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from compute_pledges.errors import PledgeRefused
from compute_pledges.matching.hours import run_hours
from compute_pledges.matching.outlook import Outlook, outlook_of
from compute_pledges.matching.supply import supply_and_demand
from compute_pledges.models import ComputePledge, HoursOffer, TrainingRun
from compute_pledges.services import decisions, delivering
from compute_pledges.services.counting_words import count_words
from projects.errors import RewardSoldOut
from projects.models import Delivery, Project
from projects.roles import Permission, can

PLEDGES_SHOWN = 50


class DeclineForm(forms.Form):
    """A reason that the backer reads."""

    reason = forms.CharField(label=_("Reason"), max_length=decisions.LONGEST_REASON)


def own_project(request: HttpRequest, slug: str, permission: Permission) -> Project:
    """A project of which one may do this; an admin sees it too, and changes nothing. Raises PermissionDenied."""
    project = get_object_or_404(Project, slug=slug)
    user = signed_in(request)
    if not can(user, project, permission) and not (user.is_admin and request.method in ("GET", "HEAD")):
        raise PermissionDenied
    return project


@login_required
@require_safe
def supply(request: HttpRequest, slug: str) -> HttpResponse:
    """Supply against demand by memory class, pledges with what counts of them, and what will be missing."""
    project = own_project(request, slug, "see_backers")
    pledges = project.compute_pledges.select_related("backer", "device", "count", "reward")
    page = Paginator(pledges.order_by("-created_at", "pk"), PLEDGES_SHOWN).get_page(request.GET.get("page"))
    context = {
        "project": project,
        "rows": supply_and_demand(projects=Project.objects.filter(pk=project.pk)),
        "run_hours": run_hours(project=project, now=business_now()),
        "items": _items(list(page.object_list)),
        "page": page,
        "offer": HoursOffer.objects.filter(project=project, closed_at=None).first(),
        "outlook": _outlook(project),
        "unmeasured": _unmeasured(project),
        "may_run": can(signed_in(request), project, "run"),
        "may_deliver": can(signed_in(request), project, "deliver"),
    }
    return render(request, "compute/supply.html", context)


def _items(pledges: list[ComputePledge]) -> list[tuple[ComputePledge, str, Delivery | None]]:
    """Each with what counts of it and what is owed for it."""
    owed = delivering.deliveries_of(pledges)
    return [(pledge, count_words(pledge, getattr(pledge, "count", None)), owed.get(pledge.pk)) for pledge in pledges]


def _outlook(project: Project) -> Outlook | None:
    return outlook_of(project=project, now=business_now()) if project.compute_minimum_us else None


def _unmeasured(project: Project) -> int:
    """Offers whose machine waits to be measured while no run measures it."""
    if TrainingRun.objects.filter(project=project, state=TrainingRun.State.RUNNING).exists():
        return 0
    waiting = project.compute_pledges.filter(state=ComputePledge.State.OFFERED, device__isnull=False)
    return waiting.filter(device__calibrated_flops_per_second=None).count()


def _attempt(request: HttpRequest, deed: Any, done: str) -> None:
    try:
        deed()
    except (PledgeRefused, RewardSoldOut) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)


@login_required
@require_POST
def decide(request: HttpRequest, slug: str, pledge_id: UUID) -> HttpResponse:
    """Take an offer or decline it with a reason."""
    project = own_project(request, slug, "run")
    get_object_or_404(ComputePledge, pk=pledge_id, project=project)
    by, now = signed_in(request), business_now()
    if request.POST.get("decision") == "accept":
        _attempt(
            request,
            lambda: decisions.welcome_pledge(pledge_id=pledge_id, by=by, now=now),
            gettext("Accepted. It counts as soon as its machine is measured."),
        )
    else:
        form = DeclineForm(request.POST)
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        _attempt(
            request,
            lambda: decisions.decline_pledge(pledge_id=pledge_id, by=by, reason=reason, now=now),
            gettext("Declined. The backer is told why."),
        )
    return redirect("compute:supply", slug)


@login_required
@require_POST
def deliver(request: HttpRequest, slug: str, pledge_id: UUID) -> HttpResponse:
    """Say that an earned reward is with its backer, and how."""
    project = own_project(request, slug, "deliver")
    get_object_or_404(ComputePledge, pk=pledge_id, project=project)
    by, how, now = signed_in(request), request.POST.get("how", ""), business_now()
    _attempt(
        request,
        lambda: delivering.deliver_reward(pledge_id=pledge_id, by=by, how=how, now=now),
        gettext("Delivered. The backer is told how."),
    )
    return redirect("compute:supply", slug)


@login_required
@require_POST
def acceptance(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether offers wait for the creator."""
    project = own_project(request, slug, "run")
    by_hand = request.POST.get("by_hand") == "yes"
    done = (
        gettext("Offers wait for you from now on.")
        if by_hand
        else gettext("Offers are accepted by themselves from now on.")
    )
    by = signed_in(request)
    _attempt(
        request, lambda: decisions.choose_acceptance(project_id=project.pk, by=by, by_hand=by_hand), done
    )  # fmt: skip
    return redirect("compute:supply", slug)
