"""The creator's page of rented machines: which they are, and what they cost."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from compute_pledges.errors import SponsoringRefused
from compute_pledges.models import Device, RentDuty
from compute_pledges.sponsoring.chain import chain_of, sponsored_time
from compute_pledges.sponsoring.invoices import budget_left, enter_invoice
from compute_pledges.sponsoring.marking import mark_sponsored
from compute_pledges.web.sponsoring_forms import InvoiceForm
from compute_pledges.web.supply_views import own_project
from projects.models import Project
from projects.totals import totals_of
from values.money import Money


def _page(request: HttpRequest, project: Project, form: InvoiceForm) -> HttpResponse:
    device_us, h100_us = sponsored_time(project)
    markable = Device.objects.filter(owner=signed_in(request), state=Device.State.ACTIVE, sponsored=None)
    context = {
        "project": project, "form": form, "chain": chain_of(project), "device_us": device_us, "h100_us": h100_us,
        "refused": project.sponsor_invoices.filter(state="refused").select_related("vendor"),
        "devices": list(project.sponsored_devices.select_related("device", "vendor")),
        "vendors": list(project.sponsor_vendors.all()), "duty": _duty(project), "left": budget_left(project),
        "budget": Money(project.sponsored_budget_minor, project.currency), "at": business_now(),
        "filling_us": totals_of([project])[project.pk].sponsored_filling,
        "markable": list(markable.filter(pledges=None, results=None)),
        "is_creator": project.creator_id == signed_in(request).pk,
    }  # fmt: skip
    return render(request, "compute/sponsoring.html", context, status=422 if form.errors else 200)


def _duty(project: Project) -> RentDuty | None:
    return project.rent_duties.filter(state__in=RentDuty.STANDING).first()


@login_required
@require_safe
def sponsoring(request: HttpRequest, slug: str) -> HttpResponse:
    """Machines, invoices, verified hours."""
    project = own_project(request, slug, "money")
    return _page(request, project, InvoiceForm(project))


@login_required
@require_POST
def enter(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep an invoice; a refused form keeps what was typed."""
    project = own_project(request, slug, "money")
    form = InvoiceForm(project, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, project, form)
    try:
        enter_invoice(project=project, by=signed_in(request), bill=form.bill(), now=business_now())
    except SponsoringRefused as error:
        form.add_error(None, str(error))
        return _page(request, project, form)
    messages.success(request, gettext("The invoice waits for an admin's confirmation."))
    return redirect("compute:sponsoring", slug)


@login_required
@require_POST
def mark(request: HttpRequest, slug: str) -> HttpResponse:
    """Mark a machine as paid for."""
    project = own_project(request, slug, "money")
    try:
        device_id = UUID(request.POST.get("device", ""))
        mark_sponsored(
            project=project, device_id=device_id, by=signed_in(request), now=business_now(),
            vendor=request.POST.get("new_vendor", "").strip() or request.POST.get("vendor", ""),
        )  # fmt: skip
    except (SponsoringRefused, ValueError) as error:
        messages.error(request, str(error) if isinstance(error, SponsoringRefused) else gettext("Choose a machine."))
    else:
        messages.success(request, gettext("Marked as paid for. Its hours are shown apart from volunteers'."))
    return redirect("compute:sponsoring", slug)
