"""One pledge and one account in the hands of staff: history, refunds, holds."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from accounts.models import User
from audit.models import StaffAction
from clock.services import business_now
from pages.acting import deeds
from pages.acting.forms import ReasonForm, RefundForm
from pages.acting.outcome import attempt
from pages.dashboard.access import admin_only
from payments.models import CashPledge, Dispute, Hold
from values.money import Money


@admin_only
@require_safe
def pledge(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """The page of one pledge."""
    return _page(request, _find(pledge_id))


@admin_only
@require_POST
def refund(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Give it back, whole or in part."""
    found = _find(pledge_id)
    form = RefundForm(found.currency, request.POST)
    if not form.is_valid():
        return _page(request, found, refund_form=form, status=400)
    data, by = form.cleaned_data, signed_in(request)
    attempt(
        request,
        lambda: deeds.refund_pledge(
            pledge_id=pledge_id, amount=data["amount"], seen_minor=data["refunded_minor"], by=by,
            reason=data["reason"], now=business_now(),
        ),
        gettext("The refund is on its way."),
    )  # fmt: skip
    return redirect("pages:acting_pledge", pledge_id)


def _find(pledge_id: UUID) -> CashPledge:
    return get_object_or_404(CashPledge.objects.select_related("project", "backer", "reward"), pk=pledge_id)


def _page(
    request: HttpRequest, found: CashPledge, *, refund_form: RefundForm | None = None, status: int = 200
) -> HttpResponse:
    initial = {"refunded_minor": found.refunded_minor}
    context = {
        "pledge": found, "at": business_now(), "left": Money(found.refundable_minor, found.currency),
        "refunds": found.refunds.all(), "disputes": found.disputes.all(), "attempts": found.payments.all(),
        "history": found.transitions.all(), "hold": found.holds.filter(lifted_at=None).first(),
        "hold_form": ReasonForm("hold"), "refund_form": refund_form or RefundForm(found.currency, initial=initial),
        "actions": StaffAction.objects.filter(subject=f"pledge:{found.pk}").select_related("actor"),
    }  # fmt: skip
    return render(request, "dashboard/acting/pledge.html", context, status=status)


@admin_only
@require_safe
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """An account: its newest pledges, its disputes, its hold."""
    found = get_object_or_404(User, pk=user_id)
    mine = CashPledge.objects.filter(backer=found).select_related("project")
    context = {
        "person": found, "at": business_now(), "pledges": mine[:50], "projects": found.projects.all()[:50],
        "disputes": Dispute.objects.filter(pledge__backer=found).select_related("pledge__project")[:50],
        "hold": Hold.objects.filter(user=found, lifted_at=None).first(), "hold_form": ReasonForm("hold"),
        "actions": StaffAction.objects.filter(subject=f"user:{found.pk}").select_related("actor")[:50],
    }  # fmt: skip
    return render(request, "dashboard/acting/person.html", context)
