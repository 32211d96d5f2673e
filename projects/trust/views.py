"""Reporting something, and the queue of reports."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current import signed_in
from clock.services import business_now
from projects.errors import ReportRefused
from projects.fields import sentences
from projects.models import Report, SuspensionAppeal
from projects.trust.reporting import close_report, may_triage, report, reports_for, take_report
from projects.trust.targets import find_target, find_visible, names_of

PAGE = 50


class ReportForm(forms.Form):
    """Why and what."""

    reason = forms.ChoiceField(label=gettext_lazy("What is wrong"), choices=sentences(Report.Reason.choices))
    words = forms.CharField(
        label=gettext_lazy("In your words"), max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Who reads it: admins and reviewers. Whoever is reported does not learn who you are."),
    )  # fmt: skip


class ClosingForm(forms.Form):
    """What came of it."""

    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=sentences(Report.Outcome.choices))
    words = forms.CharField(
        label=gettext_lazy("Why; the reporter reads it"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Report a project, a comment or a person."""
    target = find_visible(kind, pk, request.user)
    if target is None:
        raise Http404(_("There is nothing here to report."))
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            report(target=target, reporter=signed_in(request), now=business_now(), **form.cleaned_data)
        except ReportRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Reported. Somebody looks at it, and you are told what came of it."))
            return redirect(target.path)
    context = {"target": target, "form": form}
    return render(request, "projects/trust/report.html", context, status=422 if form.errors else 200)


def _require_triage(request: HttpRequest) -> None:
    if not may_triage(signed_in(request)):
        raise PermissionDenied


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What is open first; closed ones by a filter."""
    _require_triage(request)
    state = request.GET.get("state", "")
    rows = reports_for(signed_in(request))
    rows = rows.filter(state=state) if state in Report.State.values else rows.exclude(state=Report.State.CLOSED)
    appeals = SuspensionAppeal.objects.filter(decided_at=None).select_related("project")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    names = names_of(page.object_list)
    context = {
        "page": page, "rows": [(one, names.get((one.target, one.target_id), "")) for one in page.object_list],
        "state": state, "states": Report.State.choices,
        "appeals": list(appeals[:PAGE]) if signed_in(request).is_admin else [],
    }  # fmt: skip
    return render(request, "projects/trust/queue.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def triage(request: HttpRequest, report_id: int) -> HttpResponse:
    """Take it, or close it with an outcome."""
    _require_triage(request)
    found = get_object_or_404(reports_for(signed_in(request)), pk=report_id)
    is_closing = request.POST.get("deed") == "close"
    form = ClosingForm(request.POST if is_closing else None)
    by, now, refused = signed_in(request), business_now(), ""
    try:
        if request.method == "POST" and not is_closing:
            take_report(report_id=found.pk, by=by, now=now)
            return redirect("projects:triage", found.pk)
        if is_closing and form.is_valid():
            close_report(report_id=found.pk, by=by, now=now, **form.cleaned_data)
            messages.success(request, _("Closed. The reporter is told."))
            return redirect("projects:reports")
    except ReportRefused as error:
        refused = str(error)
    context = {
        "report": found, "target": find_target(found.target, found.target_id), "form": form, "refused": refused,
        "others": reports_for(by).filter(target=found.target, target_id=found.target_id).exclude(pk=found.pk)[:20],
    }  # fmt: skip
    status = 422 if refused or form.errors else 200
    return render(request, "projects/trust/triage.html", context, status=status)
