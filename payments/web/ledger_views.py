"""The public ledger of a project, and its creator's export for accounting."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.current import signed_in
from payments.papers import accounting, public_ledger
from payments.web.downloads import csv_download
from projects.models import Project

LARGEST_NUMBER = 2**63 - 1


def _public(slug: str) -> Project:
    return get_object_or_404(Project.objects.public(), slug=slug)


def _number(request: HttpRequest) -> int | None:
    """From where to go on. Raises Http404 for what is no number of a row."""
    text = request.GET.get("before")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= LARGEST_NUMBER):
        raise Http404
    return int(text[:20])


@require_safe
def ledger(request: HttpRequest, slug: str) -> HttpResponse:
    """Every in and out, for anyone."""
    project = _public(slug)
    before = _number(request)
    lines, older = public_ledger.page_of(project, before)
    context = {
        "project": project,
        "totals": public_ledger.totals_of(project),
        "lines": lines,
        "older": older,
        "is_paged": before is not None,
    }
    return render(request, "payments/ledger.html", context)


@require_safe
def ledger_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The whole public ledger for a spreadsheet."""
    project = _public(slug)
    return csv_download(f"ledger-{project.slug}", public_ledger.LABELS, public_ledger.csv_rows(project))


@login_required
@require_safe
def accounting_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Each ledger entry, for the creator and for admins."""
    project = get_object_or_404(Project, slug=slug)
    user = signed_in(request)
    if project.creator_id != user.pk and not user.is_admin:
        raise PermissionDenied
    return csv_download(f"accounting-{project.slug}", accounting.LABELS, accounting.entry_rows(project))
