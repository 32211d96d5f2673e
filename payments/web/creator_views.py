"""A creator's money: the plan, the balance down to its entries, tranches, refunds, disputes."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from payments.errors import DisputeRefused, PayoutRefused, ProviderRefused, RefundRefused
from payments.models import CashPledge, Dispute, Refund
from payments.services import disputing, paying_out, refund_all, refunding
from payments.services.balance_sheet import sheet_of
from payments.services.figure_entries import SOURCES, parts_of
from payments.web.balance_page import balance_context, figures_of
from payments.web.creator_forms import EvidenceForm, RefundForm
from payments.web.guards import calm_when_away
from payments.web.payout_views import own_project
from projects.errors import EvidenceRefused, TransitionRefused
from projects.life.deeds import cancel_project
from projects.models import Milestone, Project

PAGE = 50


@login_required
@require_safe
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """What is taken of the money, and the milestones that it is paid by; they are written in the wizard."""
    project = own_project(request, slug)
    context = {
        "project": project, "milestones": list(project.milestones.all()),
        "is_fixed": project.state not in Project.EDITABLE_STATES,
    }  # fmt: skip
    return render(request, "payments/plan.html", context)


@login_required
@require_safe
def balance(request: HttpRequest, slug: str) -> HttpResponse:
    """What the project has and owes, milestone by milestone, each figure with its entries."""
    project = own_project(request, slug)
    return render(request, "payments/balance.html", balance_context(project))


@login_required
@require_safe
def balance_figure(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """What a figure of the balance is made of, newest first, down to the entries of the ledger."""
    project = own_project(request, slug)
    figures = {figure.key: figure for figure in figures_of(project, sheet_of(project))}
    if key not in SOURCES:
        raise Http404(gettext("There is no such figure."))
    before = request.GET.get("before", "")
    parts, older = parts_of(project=project, figure=key, before=int(before) if before.isdecimal() else None)
    context = {"project": project, "figure": figures[key], "parts": parts, "older": older}
    return render(request, "payments/balance_figure.html", context)


@login_required
@require_POST
def request_tranche(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Evidence for a milestone."""
    project = own_project(request, slug)
    milestone = get_object_or_404(Milestone, project=project, number=number)
    form = EvidenceForm(request.POST)
    if not form.is_valid():
        context = balance_context(project, refused={milestone.pk: form})
        return render(request, "payments/balance.html", context, status=422)
    try:
        paying_out.request_payout(
            milestone_id=milestone.pk, by=signed_in(request), text=form.cleaned_data["text"],
            url=form.cleaned_data["url"], now=business_now(),
        )  # fmt: skip
    except (PayoutRefused, EvidenceRefused) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, gettext("Handed in. An admin looks at it; you get a mail when it is released."))
    return redirect("payments:balance", slug)


@login_required
@require_POST
def request_reserve(request: HttpRequest, slug: str) -> HttpResponse:
    """The reserve, once its days are over."""
    project = own_project(request, slug)
    try:
        paying_out.request_reserve(project_id=project.pk, now=business_now())
    except PayoutRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, gettext("Asked for. An admin looks at it; you get a mail when it is released."))
    return redirect("payments:balance", slug)


@login_required
@require_safe
def refunds(request: HttpRequest, slug: str) -> HttpResponse:
    """Charged pledges, newest first, and what went back of each."""
    project = own_project(request, slug)
    words = request.GET.get("q", "").replace("\x00", "")[:80]
    charged = project.cash_pledges.filter(state__in=CashPledge.CHARGED).select_related("backer", "reward")
    if words:
        charged = charged.filter(Q(backer__name__icontains=words) | Q(backer__email__iexact=words))
    at = parse_datetime(request.GET.get("before", "").replace(" ", "+")) if request.GET.get("before") else None
    if at is not None:
        charged = charged.filter(created_at__lt=at)
    rows = list(charged.order_by("-created_at", "-pk")[: PAGE + 1])
    context = {
        "project": project,
        "pledges": rows[:PAGE],
        "has_more": len(rows) > PAGE,
        "q": words,
        "form": RefundForm(currency=project.currency),
    }
    return render(request, "payments/refunds.html", context)


@login_required
@require_POST
def refund_one(request: HttpRequest, slug: str, pledge_id: UUID) -> HttpResponse:
    """Give one pledge back, whole or in part."""
    project = own_project(request, slug)
    pledge = get_object_or_404(CashPledge, pk=pledge_id, project=project)
    form = RefundForm(request.POST, currency=project.currency)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(
                request, gettext("%(errors)s Nothing was refunded.") % {"errors": " ".join(map(str, errors))}
            )
        return redirect("payments:refunds", slug)
    amount = form.cleaned_data["amount"]
    try:
        refunding.refund_from_project(
            pledge_id=pledge.pk, amount=amount.minor if amount else None, reason=form.cleaned_data["reason"],
            by=signed_in(request), cause=Refund.Cause.CREATOR, now=business_now(),
        )  # fmt: skip
    except RefundRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, gettext("It goes back to the card. The backer gets a mail."))
    return redirect("payments:refunds", slug)


@login_required
@require_safe
def disputes(request: HttpRequest, slug: str) -> HttpResponse:
    """Open disputes first, by the day until which evidence is taken."""
    project = own_project(request, slug)
    rows = Dispute.objects.filter(pledge__project=project).select_related("pledge__backer")
    context = {
        "project": project,
        "open": list(rows.filter(state__in=Dispute.OPEN)[:PAGE]),
        "closed": list(rows.exclude(state__in=Dispute.OPEN).order_by("-closed_at")[:PAGE]),
        "now": business_now(),
    }
    return render(request, "payments/disputes.html", context)


@login_required
@require_POST
@calm_when_away
def evidence(request: HttpRequest, slug: str, dispute_id: int) -> HttpResponse:
    """Hand evidence in, once."""
    project = own_project(request, slug)
    dispute = get_object_or_404(Dispute, pk=dispute_id, pledge__project=project)
    try:
        disputing.submit_evidence(
            dispute_id=dispute.pk, text=request.POST.get("text", ""), by=signed_in(request), now=business_now()
        )
    except (DisputeRefused, ProviderRefused) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, gettext("Handed in. The bank decides, usually within two months; a mail tells you."))
    return redirect("payments:disputes", slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_project(request: HttpRequest, slug: str) -> HttpResponse:
    """Cancel the own project: what it does to pledges is shown in numbers before it is done."""
    project = own_project(request, slug)
    typed, reason = request.POST.get("slug", ""), request.POST.get("reason", "").strip()
    if request.method == "POST":
        if typed != project.slug or not reason:
            messages.error(request, gettext("Type the project's address and say why. Nothing was changed."))
        else:
            return _end(request, project, reason)
    context = {"project": project, "numbers": refund_all.consequences(project), "typed": typed, "reason": reason}
    return render(request, "payments/end_project.html", context, status=422 if request.method == "POST" else 200)


def _end(request: HttpRequest, project: Project, reason: str) -> HttpResponse:
    try:
        cancel_project(project=project, by=signed_in(request), reason=reason, now=business_now())
    except TransitionRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, gettext("Canceled. Pledges are released and charges go back by themselves; backers get a mail.")
        )
    return redirect(project)
