"""One machine with the evidence against it, and one invoice of rented machines, in the hands of staff."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from audit.models import StaffAction
from clock.services import business_now
from compute_pledges.models import Appeal, AuditorSeat, Device, InvoiceEvidence, SponsorInvoice
from compute_pledges.selectors_admin import evidence_of
from compute_pledges.selectors_trust import planted_counts
from compute_pledges.sponsoring.chain import chain_of
from compute_pledges.sponsoring.invoices import budget_left
from pages.acting import compute_deeds
from pages.acting.forms import ReasonForm
from pages.acting.outcome import attempt
from pages.dashboard.access import admin_only
from pages.dashboard.compute_sections import THRESHOLDS
from values.money import Money
from values.texts import Text

DONE = {
    compute_deeds.LIFT: _("Lifted. The machine begins anew: all its next blocks are audited."),
    compute_deeds.REVOKE: _("Revoked. Its access has ended."),
}
APPEAL_DONE = {
    "grant": _("Granted. What was refused or taken back counts again, and the owner gets your reason by mail."),
    "deny": _("Denied. Everything stays as it is, and the owner gets your reason by mail."),
}
SEAT_DONE = {
    compute_deeds.UNSEAT: _("It audits no more. What it passed without having been checked since is looked at again."),
    compute_deeds.RESEAT: _("It may audit again."),
}


@admin_only
@require_safe
def device(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """The evidence, and what was done before."""
    return _device_page(request, _device(device_id))


@admin_only
@require_POST
def decide_device(request: HttpRequest, device_id: UUID, deed: str) -> HttpResponse:
    """Lift the quarantine, or revoke."""
    if deed not in DONE:
        raise Http404(gettext("There is no such deed."))

    def do(reason: str) -> object:
        return compute_deeds.decide_on_device(
            device_id=device_id, deed=deed, by=signed_in(request), reason=reason, now=business_now()
        )

    return _decided(request, _device(device_id), ReasonForm(deed, request.POST), key=deed, do=do, done=DONE[deed])


@admin_only
@require_POST
def decide_appeal(request: HttpRequest, appeal_id: int, deed: str) -> HttpResponse:
    """Grant or deny: the reason goes to the machine's owner."""
    appeal = get_object_or_404(Appeal.objects.select_related("device__owner"), pk=appeal_id)
    if deed not in APPEAL_DONE:
        raise Http404(gettext("There is no such deed."))

    def do(reason: str) -> object:
        return compute_deeds.decide_on_appeal(
            appeal_id=appeal_id, grant=deed == "grant", by=signed_in(request), reason=reason, now=timezone.now()
        )

    form = ReasonForm(f"{deed}_{appeal.pk}", request.POST)
    return _decided(request, appeal.device, form, key=f"{deed}:{appeal.pk}", do=do, done=APPEAL_DONE[deed])


@admin_only
@require_POST
def decide_seat(request: HttpRequest, device_id: UUID, deed: str) -> HttpResponse:
    """Take a machine's seat as an auditor, or give it back."""
    if deed not in SEAT_DONE:
        raise Http404(gettext("There is no such deed."))

    def do(reason: str) -> object:
        return compute_deeds.decide_on_seat(
            device_id=device_id, deed=deed, by=signed_in(request), reason=reason, now=timezone.now()
        )

    return _decided(request, _device(device_id), ReasonForm(deed, request.POST), key=deed, do=do, done=SEAT_DONE[deed])


def _decided(
    request: HttpRequest, found: Device, form: ReasonForm, *, key: str, do: Callable[[str], object], done: Text
) -> HttpResponse:  # fmt: skip
    """Do it with the reason that was given, or show the page again with what is missing at the form `key`."""
    if not form.is_valid():
        return _device_page(request, found, forms={key: form}, status=400)
    reason = form.cleaned_data["reason"]
    attempt(request, lambda: do(reason), done)
    return redirect("pages:acting_device", found.pk)


def _appeals(found: Device, given: dict[str, ReasonForm]) -> list[dict[str, object]]:
    """The machine's appeals with the two deeds of each open one."""
    appeals = found.appeals.select_related("evidence__result__lease__round", "decided_by")[:20]
    return [
        {
            "appeal": one,
            "grant": given.get(f"grant:{one.pk}") or ReasonForm(f"grant_{one.pk}"),
            "deny": given.get(f"deny:{one.pk}") or ReasonForm(f"deny_{one.pk}"),
        }
        for one in appeals
    ]


def _device(device_id: UUID) -> Device:
    return get_object_or_404(Device.objects.select_related("owner"), pk=device_id)


def _device_page(
    request: HttpRequest, found: Device, *, forms: dict[str, ReasonForm] | None = None, status: int = 200
) -> HttpResponse:
    given, seat = forms or {}, AuditorSeat.objects.filter(device=found).first()
    possible = [
        deed
        for deed, may in (
            (compute_deeds.LIFT, found.state == Device.State.QUARANTINED),
            (compute_deeds.REVOKE, found.state != Device.State.REVOKED),
            (compute_deeds.UNSEAT, seat is not None and seat.state == AuditorSeat.State.ACTIVE),
            (compute_deeds.RESEAT, seat is not None and seat.state == AuditorSeat.State.SUSPENDED),
        )
        if may
    ]
    context = {
        "device": found, "at": business_now(), **evidence_of(found),
        "thresholds": THRESHOLDS, "appeals": _appeals(found, given), "seat": seat,
        "planted": planted_counts(device=found) if seat else None,
        "forms": {deed: given.get(deed) or ReasonForm(deed) for deed in possible},
        "actions": StaffAction.objects.filter(subject=f"device:{found.pk}").select_related("actor")[:50],
    }  # fmt: skip
    return render(request, "dashboard/acting/device.html", context, status=status)


@admin_only
@require_safe
def invoice(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """What was billed beside what was verified."""
    return _invoice_page(request, _invoice(invoice_id))


@admin_only
@require_POST
def decide_invoice(request: HttpRequest, invoice_id: int, deed: str) -> HttpResponse:
    """Confirm or refuse."""
    if deed not in ("confirm", "refuse"):
        raise Http404(gettext("There is no such deed."))
    found = _invoice(invoice_id)
    form = ReasonForm(deed, request.POST)
    if not form.is_valid():
        return _invoice_page(request, found, forms={deed: form}, status=400)
    reason, by = form.cleaned_data["reason"], signed_in(request)
    attempt(
        request,
        lambda: compute_deeds.decide_on_invoice(
            invoice_id=invoice_id, confirm=deed == "confirm", by=by, reason=reason, now=business_now()
        ),
        gettext("Decided. The creator is told why."),
    )
    return redirect("pages:acting_invoice", invoice_id)


@admin_only
@require_safe
def evidence(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """The invoice's file, as a download: it is never shown as a page of this site."""
    found = get_object_or_404(InvoiceEvidence, invoice_id=invoice_id)
    headers = {"Content-Disposition": f'attachment; filename="invoice-{invoice_id}"'}
    return HttpResponse(bytes(found.content), content_type=found.content_type, headers=headers)


def _invoice(invoice_id: int) -> SponsorInvoice:
    rows = SponsorInvoice.objects.select_related("project__creator", "vendor", "entered_by", "decided_by")
    return get_object_or_404(rows, pk=invoice_id)


def _invoice_page(
    request: HttpRequest, found: SponsorInvoice, *, forms: dict[str, ReasonForm] | None = None, status: int = 200
) -> HttpResponse:
    given = forms or {}
    waits = found.state == SponsorInvoice.State.ENTERED
    context = {
        "invoice": found, "at": business_now(), "waits": waits,
        "row": next((row for row in chain_of(found.project) if row.invoice.pk == found.pk), None),
        "budget": Money(found.project.sponsored_budget_minor, found.project.currency),
        "budget_left": budget_left(found.project),
        "has_file": InvoiceEvidence.objects.filter(invoice=found).exists(),
        "confirm_form": given.get("confirm") or ReasonForm("confirm"),
        "refuse_form": given.get("refuse") or ReasonForm("refuse"),
        "actions": StaffAction.objects.filter(subject=f"invoice:{found.pk}").select_related("actor")[:50],
    }  # fmt: skip
    return render(request, "dashboard/acting/invoice.html", context, status=status)
