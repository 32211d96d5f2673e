"""The buttons that follow, and the list of what one follows."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from projects import following as services
from projects.community.profiles import shown_people
from projects.discovering import cards_of
from projects.errors import FollowRefused
from projects.models import CreatorFollow, Project


@login_required
@require_safe
def following(request: HttpRequest) -> HttpResponse:
    """Projects and creators that the person follows."""
    user = signed_in(request)
    projects = Project.objects.public().listed().filter(follows__user=user).order_by("-follows__since")[:100]
    creators = CreatorFollow.objects.filter(user=user).select_related("creator").order_by("-since")[:100]
    context = {"cards": cards_of(list(projects), business_now()), "creators": list(creators)}
    return render(request, "projects/following.html", context)


@login_required
@require_POST
def follow_project(request: HttpRequest, slug: str) -> HttpResponse:
    """Follow a project, or no longer."""
    project = get_object_or_404(Project.objects.public(), slug=slug)
    wants = request.POST.get("wants") != "no"
    try:
        services.follow_project(user=signed_in(request), project=project, wants=wants, now=business_now())
    except FollowRefused as error:
        messages.error(request, str(error))
    else:
        done = _("You follow %(title)s. What happens with it is among your notifications.")
        messages.success(request, (done if wants else _("You no longer follow %(title)s.")) % {"title": project.title})
    return redirect(_back(request, project.get_absolute_url()))


@login_required
@require_POST
def follow_creator(request: HttpRequest, user_id: int) -> HttpResponse:
    """Follow a creator, or no longer."""
    creator = get_object_or_404(shown_people(), pk=user_id)
    wants = request.POST.get("wants") != "no"
    try:
        services.follow_creator(user=signed_in(request), creator=creator, wants=wants, now=business_now())
    except FollowRefused as error:
        messages.error(request, str(error))
    else:
        done = _("You follow %(name)s.") if wants else _("You no longer follow %(name)s.")
        messages.success(request, done % {"name": creator.public_name})
    return redirect(_back(request, "/following/"))


def _back(request: HttpRequest, otherwise: str) -> str:
    """Where the button stood, if that is a page of ours."""
    wanted = request.POST.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else otherwise
