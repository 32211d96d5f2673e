"""One machine of one's own: what became of each of its blocks and why, how it audits others, and appeals."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from compute_pledges.errors import AppealRefused
from compute_pledges.models import Appeal, Audit, AuditorSeat, Device, WorkResult
from compute_pledges.services.appeals import LONGEST_TEXT, condemned_block, open_appeal
from compute_pledges.services.auditors import RECORD_TO_AUDIT

PAGE = 50
FILTERS = {
    "all": ("All", Q()),
    "refused": (_("Refused or taken back"), Q(state__in=("rejected", "reversed"))),
    "waiting": (_("Waiting for a check"), Q(state__in=("reported", "auditing"))),
}


class AppealForm(forms.Form):
    """What went wrong, in the owner's words."""

    kind = forms.ChoiceField(choices=Appeal.Kind, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("What do you think went wrong?"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )


@login_required
@require_safe
def machine(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Blocks by key, the newest first: `?before=` is the arrival of the last one seen."""
    return _page(request, _own(request, device_id))


@login_required
@require_POST
def appeal(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Object to a verdict or to the machine's rate; what was typed is kept when it is refused."""
    device = _own(request, device_id)
    form = AppealForm(request.POST, auto_id=f"{request.POST.get('kind', '')}_%s")
    if not form.is_valid():
        return _page(request, device, form=form, status=400)
    try:
        open_appeal(device=device, kind=form.cleaned_data["kind"], text=form.cleaned_data["text"], now=timezone.now())
    except AppealRefused as refusal:
        messages.error(request, str(refusal))
        return _page(request, device, form=form, status=400)
    messages.success(request, gettext("Your appeal is open. A person decides with a fresh replay, and you get mail."))
    return redirect("compute:machine", device.pk)


def _own(request: HttpRequest, device_id: UUID) -> Device:
    return get_object_or_404(Device, pk=device_id, owner=signed_in(request))


def _page(request: HttpRequest, device: Device, *, form: AppealForm | None = None, status: int = 200) -> HttpResponse:
    chosen = request.GET.get("show", "")
    chosen = chosen if chosen in FILTERS else "all"
    shown = list(_blocks(device, chosen, _moment(request.GET.get("before", "")))[: PAGE + 1])
    appeals = list(Appeal.objects.filter(device=device).select_related("evidence")[:10])
    given = {form.data.get("kind"): form} if form else {}
    context = {
        "machine": device, "blocks": shown[:PAGE], "filters": FILTERS, "chosen": chosen, "appeals": appeals,
        "next": shown[PAGE - 1].received_at.isoformat() if len(shown) > PAGE else "",
        "forms": {kind: given.get(kind) or _fresh(kind) for kind in _possible(device, appeals)},
        "seat": AuditorSeat.objects.filter(device=device).first(), "audited": _audited(device),
        "may_audit": device.consecutive_valid >= RECORD_TO_AUDIT,
    }  # fmt: skip
    return render(request, "compute/machine.html", context, status=status)


def _possible(device: Device, appeals: list[Appeal]) -> list[str]:
    """Kinds of appeals that there is something for, and none open."""
    waiting = {one.kind for one in appeals if one.state == Appeal.State.OPEN}
    kinds = (
        (Appeal.Kind.VERDICT, condemned_block(device=device, now=timezone.now()) is not None),
        (Appeal.Kind.RATE, device.is_calibrated and not device.is_rate_supervised),
    )
    return [kind.value for kind, is_possible in kinds if is_possible and kind not in waiting]


def _fresh(kind: str) -> AppealForm:
    return AppealForm(initial={"kind": kind}, auto_id=f"{kind}_%s")


def _moment(text: str) -> datetime | None:
    """An aware moment, or None for anything else."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and timezone.is_aware(found) else None


def _blocks(device: Device, chosen: str, before: datetime | None) -> QuerySet[WorkResult]:
    blocks = WorkResult.objects.filter(FILTERS[chosen][1], device=device).select_related("lease__round", "lease__run")
    if before is not None:
        blocks = blocks.filter(received_at__lt=before)
    return blocks.order_by("-received_at", "pk")


def _audited(device: Device) -> dict[str, int]:
    done = Audit.objects.filter(auditor=device).exclude(state__in=Audit.OPEN)
    return done.aggregate(looked_at=Count("pk"), failed=Count("pk", filter=Q(state=Audit.State.FAILED)))
