"""A suspension as its creator sees it, and appeals as another admin decides them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.current import signed_in
from clock.services import business_now
from pages.dashboard.access import admin_only
from payments.errors import OwnMoney
from payments.services.appealing import decide_appeal, may_appeal, open_appeal, suspension_of
from projects.errors import AppealRefused
from projects.fields import ProseField
from projects.models import Project, SuspensionAppeal


class AppealForm(forms.Form):
    """The creator's words."""

    words = ProseField(
        label=gettext_lazy("Why it should be lifted"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6})
    )


class AnswerForm(forms.Form):
    """The admin's; the buttons send the decision."""

    answer = ProseField(
        label=gettext_lazy("Why; the creator reads it"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )
    decision = forms.ChoiceField(choices=[("grant", ""), ("deny", "")], widget=forms.HiddenInput)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def suspension(request: HttpRequest, slug: str) -> HttpResponse:
    """The reason, and an appeal."""
    project = get_object_or_404(Project, slug=slug)
    if project.creator_id != signed_in(request).pk:
        raise PermissionDenied
    form = AppealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["words"]
        try:
            open_appeal(project_id=project.pk, by=signed_in(request), words=words, now=business_now())
        except AppealRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Your appeal waits for an admin who did not suspend the project."))
            return redirect("pages:suspension", slug)
    stands, appeals = suspension_of(project), list(project.suspension_appeals.all())
    context = {
        "project": project, "suspension": stands, "form": form, "appeals": appeals,
        "may_appeal": may_appeal(stands, appeals),
    }  # fmt: skip
    return render(request, "pages/trust/suspension.html", context, status=422 if form.errors else 200)


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """Decide."""
    found = get_object_or_404(SuspensionAppeal.objects.select_related("project", "opened_by"), pk=appeal_id)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            decide_appeal(
                appeal_id=found.pk, by=signed_in(request), is_granted=form.cleaned_data["decision"] == "grant",
                answer=form.cleaned_data["answer"], now=business_now(),
            )  # fmt: skip
        except (AppealRefused, OwnMoney) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Decided. The creator is told."))
            return redirect("projects:reports")
    context = {"appeal": found, "suspension": suspension_of(found.project), "form": form}
    return render(request, "pages/trust/appeal.html", context, status=422 if form.errors else 200)
