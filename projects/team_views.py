"""The team's page, and the page where an invitation is answered."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.current import signed_in
from clock.services import business_now
from projects import teammates
from projects.creating_views import own_project
from projects.errors import TeamRefused
from projects.models import Role, TeamInvitation
from projects.roles import IN_WORDS, can


class InviteForm(forms.Form):
    """A mail address and a role."""

    email = forms.EmailField(label=gettext_lazy("Mail address"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[(r.value, r.label.capitalize()) for r in Role])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, slug: str) -> HttpResponse:
    """Who works on the project; the creator invites."""
    project, user = own_project(request, slug, "see"), signed_in(request)
    form = InviteForm(request.POST or None)
    if request.method == "POST":
        if not can(user, project, "team"):
            raise PermissionDenied
        if form.is_valid():
            try:
                teammates.invite(project=project, by=user, now=business_now(), **form.cleaned_data)
            except TeamRefused as error:
                form.add_error("email", str(error))
            else:
                messages.success(request, _("Invited. The link is on its way."))
                return redirect("projects:team", slug)
    context = {
        "project": project,
        "form": form,
        "mates": list(project.teammates.filter(ended_at=None).select_related("user")),
        "invitations": list(project.invitations.filter(closed_at=None)),
        "roles": [(role, role.label, IN_WORDS[role]) for role in Role],
        "may_name": can(user, project, "team"),
        "is_edited": project.state in project.EDITABLE_STATES and can(user, project, "edit"),
        "is_creator": project.creator_id == user.pk,
    }
    return render(request, "projects/team/team.html", context, status=422 if form.errors else 200)


def _attempt(request: HttpRequest, slug: str, deed: Callable[[], object], done: str) -> HttpResponse:
    try:
        deed()
    except TeamRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("projects:team", slug)


@login_required
@require_POST
def change_role(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    """The creator gives another role."""
    project, by = own_project(request, slug, "team"), signed_in(request)
    role = request.POST.get("role", "")
    return _attempt(
        request, slug, lambda: teammates.change_role(project=project, by=by, user_id=user_id, role=role),
        _("The role is changed."),
    )  # fmt: skip


@login_required
@require_POST
def remove(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    """The creator takes somebody out, or a teammate leaves."""
    by = signed_in(request)
    project = own_project(request, slug, "see" if by.pk == user_id else "team")
    answer = _attempt(
        request, slug, lambda: teammates.remove_teammate(project=project, by=by, user_id=user_id, now=business_now()),
        _("Off the team."),
    )  # fmt: skip
    return answer if by.pk == project.creator_id else redirect("projects:mine")


@login_required
@require_POST
def withdraw(request: HttpRequest, slug: str, invitation_id: UUID) -> HttpResponse:
    """The creator takes an invitation back."""
    project, by = own_project(request, slug, "team"), signed_in(request)
    get_object_or_404(TeamInvitation, pk=invitation_id, project=project)
    return _attempt(
        request, slug,
        lambda: teammates.withdraw_invitation(
            project=project, by=by, invitation_id=str(invitation_id), now=business_now()
        ),
        _("The invitation is taken back."),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Accept or decline: for the account with the invited address."""
    found = get_object_or_404(TeamInvitation.objects.select_related("project", "invited_by"), pk=invitation_id)
    user = signed_in(request)
    if found.email.lower() != user.email.lower():
        raise Http404(_("There is no such invitation for your address."))
    refused = ""
    if request.method == "POST":
        accepts = request.POST.get("answer") == "accept"
        try:
            teammates.answer_invitation(invitation=found, user=user, accepts=accepts, now=business_now())
        except TeamRefused as error:
            refused = str(error)
        else:
            messages.success(request, _("Welcome to the team.") if accepts else _("Declined."))
            return redirect(found.project if accepts else "projects:mine")
    context = {"invitation": found, "words": IN_WORDS[Role(found.role)], "refused": refused}
    return render(request, "projects/team/invitation.html", context, status=409 if refused else 200)
