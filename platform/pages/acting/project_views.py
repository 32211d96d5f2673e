"""A project's money in the hands of staff: what ending it would do, in numbers, before anyone ends it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from audit.models import StaffAction
from clock.services import business_now
from pages.acting import deeds
from pages.acting.forms import CancelForm, ConfirmedForm, ReasonForm
from pages.acting.outcome import attempt
from pages.dashboard.access import admin_only
from payments.models import CashPledge, Hold, Refund
from payments.services import moving
from payments.services.balance_sheet import sheet_of
from payments.services.refund_all import consequences
from projects.models import Project
from values.money import Money

DONE = {
    moving.SUSPEND: _("Suspended. Nothing is charged or paid out while it lasts."),
    moving.CANCEL: _("Canceled. What was promised is released and what was charged is refunded by the sweeps."),
    moving.REINSTATE: _("Reinstated: it goes on where it was."),
}


@admin_only
@require_safe
def project(request: HttpRequest, slug: str) -> HttpResponse:
    """Figures, consequences, progress, deeds."""
    return _page(request, get_object_or_404(Project, slug=slug))


@admin_only
@require_safe
def by_number(request: HttpRequest, number: int) -> HttpResponse:
    """From the number under which deeds are kept to the page."""
    return redirect("pages:acting_project", get_object_or_404(Project, pk=number).slug)


@admin_only
@require_POST
def move(request: HttpRequest, slug: str, deed: str) -> HttpResponse:
    """Suspend, cancel or reinstate. The first two want the short name typed."""
    found = get_object_or_404(Project, slug=slug)
    form = _form(deed, found, request.POST)
    if not form.is_valid():
        return _page(request, found, forms={deed: form}, status=400)
    reason, by, public = form.cleaned_data["reason"], signed_in(request), form.cleaned_data.get("public", "")
    attempt(
        request,
        lambda: moving.move_project(
            project_id=found.pk, deed=deed, by=by, reason=reason, public=public, now=business_now()
        ),
        DONE[deed],
    )
    return redirect("pages:acting_project", slug)


@admin_only
@require_POST
def write_off(request: HttpRequest, slug: str) -> HttpResponse:
    """The platform bears the loss."""
    found = get_object_or_404(Project, slug=slug)
    form = ReasonForm("write_off", request.POST)
    if not form.is_valid():
        return _page(request, found, forms={"write_off": form}, status=400)
    reason, by = form.cleaned_data["reason"], signed_in(request)
    attempt(
        request,
        lambda: deeds.write_off(project_id=found.pk, by=by, reason=reason, now=business_now()),
        gettext("Written off: the platform bears the loss."),
    )
    return redirect("pages:acting_project", slug)


def _form(deed: str, project: Project, data: Any = None) -> ReasonForm:
    if deed == moving.REINSTATE:
        return ReasonForm(deed, data)
    if deed not in (moving.SUSPEND, moving.CANCEL):
        raise Http404(gettext("There is no such deed."))
    return (CancelForm if deed == moving.CANCEL else ConfirmedForm)(deed, project.slug, data)


def _page(
    request: HttpRequest, found: Project, *, forms: dict[str, ReasonForm] | None = None, status: int = 200
) -> HttpResponse:
    given = forms or {}
    possible = [deed for deed in (moving.SUSPEND, moving.CANCEL, moving.REINSTATE) if moving.steps_to(deed, found)]
    context = {
        "project": found, "at": business_now(), "figures": _figures(found), "consequences": _consequences(found),
        "progress": progress(found), "hold": Hold.objects.filter(project=found, lifted_at=None).first(),
        "loss": deeds.owed_beyond_held(found), "write_off_form": given.get("write_off") or ReasonForm("write_off"),
        "forms": {deed: given.get(deed) or _form(deed, found) for deed in possible}, "hold_form": ReasonForm("hold"),
        "actions": StaffAction.objects.filter(subject=f"project:{found.pk}").select_related("actor")[:50],
        "payouts": found.payouts.select_related("milestone")[:50],
    }  # fmt: skip
    return render(request, "dashboard/acting/project.html", context, status=status)


def _figures(project: Project) -> list[tuple[str, Money]]:
    sheet = sheet_of(project)
    rows = (
        (gettext("Collected"), sheet.collected),
        (gettext("Refunded"), sheet.refunded),
        (gettext("Disputes lost"), sheet.disputes_lost),
        (gettext("Held"), sheet.held),
        (gettext("Free to be released"), sheet.free),
        (gettext("In reserve"), sheet.reserve),
        (gettext("Payable to the creator"), sheet.payable),
        (gettext("Paid to the creator"), sheet.paid_out),
    )
    return [(label, Money(amount, sheet.currency)) for label, amount in rows]


def _consequences(project: Project) -> list[tuple[str, str]]:
    """What ending it would do, as pairs of words and figures."""
    found = consequences(project)

    def money(minor: int) -> str:
        return str(Money(minor, found.currency))

    rows = [
        (
            gettext("Pledges released without a charge"),
            gettext("%(release_count)s, promising %(money)s")
            % {"release_count": found.release_count, "money": money(found.release_minor)},
        ),
        (gettext("Charges under way, stopped or refunded"), str(found.charging_count)),
        (
            gettext("Charged pledges given back"),
            gettext("%(refund_count)s, %(money)s in all")
            % {"refund_count": found.refund_count, "money": money(found.refund_minor)},
        ),
        (gettext("Charges that a bank disputes, decided by the bank"), str(found.disputed_count)),
        (gettext("Paid out already, not given back"), money(found.paid_out_minor)),
        (gettext("Fees of the provider that are lost"), money(found.fees_lost_minor)),
        (gettext("Monthly supports that end"), str(found.supports)),
    ]
    share = (
        gettext("Everyone gets everything back.")
        if found.is_whole
        else gettext("What is left is shared in proportion to charges.")
    )
    return [*rows, ("Backers", share)]


def progress(project: Project) -> list[tuple[str, int, Money]]:
    """Refunds of the project by state, and what is still to be asked for."""
    refunds = Refund.objects.filter(pledge__project=project).order_by().values("state")
    sums = {row["state"]: (row["n"], row["m"]) for row in refunds.annotate(n=Count("pk"), m=Sum("amount_minor"))}
    rows = [(str(state.label), *sums.get(state.value, (0, 0))) for state in Refund.State]
    left = project.cash_pledges.filter(state__in=(CashPledge.State.ACTIVE, *CashPledge.COLLECTING))
    waiting = left.aggregate(n=Count("pk"), m=Sum("amount_minor"))
    rows.append((gettext("pledges still open"), waiting["n"], waiting["m"] or 0))
    return [(label, number, Money(minor, project.currency)) for label, number, minor in rows]
