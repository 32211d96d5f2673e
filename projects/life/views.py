"""The page of a project's course: what its creator may do to it now, and what that does."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from projects.creating_views import own_project
from projects.errors import TransitionRefused
from projects.life.consequences import consequences_of
from projects.life.deeds import (
    COURSE,
    LONGEST_WORDS,
    change_course,
    extend_deadline,
    latest_deadline,
    may_extend,
    possible_deeds,
)
from projects.models import Project
from projects.roles import can
from projects.states import TRANSITIONS

DEEDS = {
    "pause": (gettext_lazy("Pause"), gettext_lazy("Nobody can pledge while it is paused. Pledges stand, and the"
              " deadline does not move.")),
    "resume": (gettext_lazy("Go on"), gettext_lazy("Pledges are taken again.")),
    "deliver": (gettext_lazy("Begin delivery"), gettext_lazy("Backers see that the work has begun.")),
    "complete": (gettext_lazy("Complete"), gettext_lazy("Everything that was promised is there. This is the end of"
                 " the project and is not undone.")),
    "abandon": (gettext_lazy("Abandon"), gettext_lazy("What was promised will not be there. What is left of the money"
                " goes back to the backers. This is not undone.")),
}  # fmt: skip


class StatementForm(forms.Form):
    """Public words."""

    statement = forms.CharField(
        label=gettext_lazy("What everyone reads"), max_length=LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say why, or what was reached: everyone reads it on the page.")},
    )  # fmt: skip


class ExtensionForm(StatementForm):
    """A later deadline, in the project's time zone."""

    deadline = forms.DateTimeField(
        label=gettext_lazy("New deadline"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    field_order = ("deadline", "statement")


def _page(request: HttpRequest, project: Project, given: dict[str, forms.Form] | None = None) -> HttpResponse:
    filled = given or {}
    deeds = possible_deeds(project, signed_in(request))
    context: dict[str, Any] = {
        "project": project,
        "deeds": [
            (
                deed,
                *DEEDS[deed],
                consequences_of(project, deed),
                filled.get(deed) or StatementForm(auto_id=f"{deed}_%s"),
            )
            for deed in deeds
        ],
        "may_cancel": can(signed_in(request), project, "money")
        and Project.State.CANCELED in TRANSITIONS[project.state],
        "history": list(project.transitions.select_related("actor")),
    }
    if can(signed_in(request), project, "launch") and may_extend(project, business_now()):
        context["extension"] = filled.get("extend") or ExtensionForm(auto_id="extend_%s")
        context["latest"] = latest_deadline(project)
    return render(request, "projects/life/course.html", context, status=422 if filled else 200)


@login_required
@require_safe
def course(request: HttpRequest, slug: str) -> HttpResponse:
    """What may be done now."""
    return _page(request, own_project(request, slug, "see"))


@login_required
@require_POST
def change(request: HttpRequest, slug: str, deed: str) -> HttpResponse:
    """Do it, with a statement."""
    if deed not in COURSE:
        raise Http404(_("There is no such deed."))
    project = own_project(request, slug, COURSE[deed][2])
    form = StatementForm(request.POST, auto_id=f"{deed}_%s")
    if not form.is_valid():
        return _page(request, project, {deed: form})
    statement = form.cleaned_data["statement"]
    try:
        done = change_course(
            project_id=project.pk, deed=deed, by=signed_in(request), statement=statement, now=business_now()
        )
    except TransitionRefused as error:
        form.add_error("statement", str(error))
        return _page(request, project, {deed: form})
    messages.success(request, _("The project is %(state)s now.") % {"state": done.get_state_display()})
    return redirect(project)


@login_required
@require_POST
def extend(request: HttpRequest, slug: str) -> HttpResponse:
    """A later deadline, once."""
    project = own_project(request, slug, "launch")
    form = ExtensionForm(request.POST, auto_id="extend_%s")
    if not form.is_valid():
        return _page(request, project, {"extend": form})
    deadline = form.cleaned_data["deadline"].replace(tzinfo=ZoneInfo(project.time_zone))
    try:
        extend_deadline(
            project_id=project.pk, by=signed_in(request), deadline=deadline, reason=form.cleaned_data["statement"],
            now=business_now(),
        )  # fmt: skip
    except TransitionRefused as error:
        form.add_error(None, str(error))
        return _page(request, project, {"extend": form})
    messages.success(request, _("The deadline is later. Everyone who backs the project is told."))
    return redirect(project)
