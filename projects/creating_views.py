"""A creator's pages: their projects, submit, launch."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from projects import editing
from projects.community.notes import NOTE_STATES
from projects.discovering import cards_of
from projects.errors import LaunchRefused, TransitionRefused
from projects.launch import launch, missing_for_launch
from projects.models import Project
from projects.review.deciding import decisions_on
from projects.roles import Permission, can, permissions_of, projects_of
from projects.states import TRANSITIONS

NEXT_STEPS = {
    "draft": _("Only its team sees it. Look it over as a backer would, then hand it in: two reviewers read it."),
    "in_review": _("Two different reviewers must approve. What they say appears here."),
    "changes_requested": _("Change what the reviewers name, then hand it in again."),
    "approved": _("Everyone can see it now. Pledges start when you launch."),
    "live": _("Pledges are open. Lab notes keep your backers with you."),
    "collecting": _("The goals are met; cards are being charged."),
    "funded": _("The money is collected. Train, report and deliver."),
    "delivering": _("Show evidence for each milestone on your balance page to be paid its tranche."),
    "failed": _("A minimum was missed: no card was charged, and GPU hours are released."),
}


def own_project(request: HttpRequest, slug: str, permission: Permission) -> Project:
    """A project of which the signed-in person may do this. Raises PermissionDenied for anyone else."""
    project = get_object_or_404(Project.objects.select_related("creator"), slug=slug)
    if not can(signed_in(request), project, permission):
        raise PermissionDenied
    return project


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The projects that the account made or works on."""
    projects = list(projects_of(signed_in(request)).listed().order_by("-pk")[:50])
    return render(request, "projects/mine.html", {"cards": cards_of(projects, business_now())})


@login_required
@require_POST
def submit(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand the draft in."""
    project = own_project(request, slug, "submit")
    try:
        editing.submit(project=project, actor=signed_in(request), now=business_now())
    except TransitionRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, gettext("Handed in. Two reviewers look at it; you will see their words here."))
    return redirect(project)


@login_required
@require_POST
def go_live(request: HttpRequest, slug: str) -> HttpResponse:
    """Launch an approved project."""
    project = own_project(request, slug, "launch")
    try:
        launch(project=project, actor=signed_in(request), now=business_now())
    except (LaunchRefused, TransitionRefused) as error:
        messages.error(request, gettext("Not launched: %(error)s") % {"error": error})
    else:
        messages.success(request, gettext("Your project is live."))
    return redirect(project)


def creator_context(project: Project, user: object) -> dict[str, Any]:
    """What the project's page shows to its creator and team: reviews, and what a launch lacks."""
    may = permissions_of(user, project)
    if not may:
        return {}
    approved = project.state == Project.State.APPROVED
    return {
        "is_team": True,
        "may": dict.fromkeys(may, True),
        "next_step": NEXT_STEPS.get(project.state, ""),
        "reviews": decisions_on(project),
        "missing": missing_for_launch(project, business_now()) if approved else [],
        "may_edit": "edit" in may and project.state in Project.EDITABLE_STATES,
        "is_public": project.state in NOTE_STATES,
        "is_approved": project.state not in Project.PRIVATE_STATES,
        "may_end": "money" in may and Project.State.CANCELED in TRANSITIONS[project.state],
    }
