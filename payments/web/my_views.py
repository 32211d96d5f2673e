"""What a backer has: pledges, what can still be done with each, and monthly support."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from payments.errors import PledgeRefused, RefundRefused
from payments.models import CashPledge, MonthlySupport, Refund
from payments.services import pledging, supporting
from payments.services.refunding import request_refund
from payments.services.withdrawing import law_class_of, may_withdraw, withdrawal_ends_at
from payments.web.forms import PledgeForm, typed_pledge
from payments.web.guards import own_pledge
from projects.errors import RewardSoldOut
from projects.meters import charge_rule
from projects.models import Project, Reward

State = CashPledge.State


@login_required
@require_safe
def detail(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """A pledge as a receipt, with what can still be done."""
    found = own_pledge(request, pledge_id)
    now = business_now()
    is_open = found.project.state == Project.State.LIVE and found.project.deadline_at > now
    context = {
        "pledge": found,
        "add_ons": list(found.add_ons.select_related("reward")),
        "refunds": list(found.refunds.all()),
        "history": list(found.transitions.all()),
        "charge_rule": charge_rule(found.project),
        "form": PledgeForm(project=found.project, pledge=found, initial=typed_pledge(found)),
        "may_change": is_open and found.state == State.ACTIVE,
        "may_cancel": found.is_changeable and (is_open or found.state == State.STARTED),
        "needs_card": found.state in (State.STARTED, *CashPledge.COLLECTING),
        "withdrawal_ends_at": withdrawal_ends_at(found),
        "law_class": Reward.LawClass(law_class_of(found)).label,
        "may_withdraw": may_withdraw(found, now),
    }
    return render(request, "payments/detail.html", context)


@login_required
@require_POST
def change(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Another amount, reward, tip or name."""
    found = own_pledge(request, pledge_id)
    form = PledgeForm(request.POST, project=found.project, pledge=found)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(
                request, gettext("%(errors)s Your pledge is as it was.") % {"errors": " ".join(map(str, errors))}
            )
        return redirect(found)
    try:
        pledging.change_pledge(pledge_id=found.pk, choice=form.choice(), now=business_now())
    except (PledgeRefused, RewardSoldOut) as error:
        messages.error(request, gettext("%(error)s Your pledge is as it was.") % {"error": error})
    else:
        messages.success(request, gettext("Your pledge is changed."))
    return redirect(found)


@login_required
@require_POST
def cancel(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Take it back before the deadline."""
    found = own_pledge(request, pledge_id)
    try:
        pledging.cancel_pledge(pledge_id=found.pk, now=business_now())
    except PledgeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, gettext("Your pledge is canceled. Nothing was charged, and your card is let go."))
    return redirect(found)


@login_required
@require_POST
def withdraw(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Withdraw from what the law lets one withdraw from: everything goes back."""
    found = own_pledge(request, pledge_id)
    if not may_withdraw(found, business_now()):
        messages.error(request, gettext("The time to withdraw is over, or this reward has no right of withdrawal."))
        return redirect(found)
    try:
        request_refund(
            pledge_id=found.pk, amount=None, cause=Refund.Cause.WITHDRAWAL, now=business_now(), by=signed_in(request)
        )
    except RefundRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            gettext("You have withdrawn. %(total)s goes back to your card; a mail confirms it.")
            % {"total": found.total},
        )
    return redirect(found)


def _own_support(request: HttpRequest, support_id: UUID) -> MonthlySupport:
    mine = MonthlySupport.objects.select_related("project").filter(backer=signed_in(request))
    return get_object_or_404(mine, pk=support_id)


@login_required
@require_safe
def support(request: HttpRequest, support_id: UUID) -> HttpResponse:
    """A monthly support: next debit, months so far, pause and cancel."""
    found = _own_support(request, support_id)
    months = list(found.pledges.order_by("-period")[:60])
    return render(request, "payments/support.html", {"support": found, "months": months})


SUPPORT_DEEDS = {
    "pause": (supporting.pause_support, _("Paused: nothing more is charged until you resume.")),
    "resume": (supporting.resume_support, _("Resumed. You are told two days before the next debit.")),
    "cancel": (supporting.cancel_support, _("Canceled: nothing more will be charged. Thank you for what you gave.")),
}


@login_required
@require_POST
def change_support(request: HttpRequest, support_id: UUID, deed: str) -> HttpResponse:
    """Pause, resume or cancel with one click."""
    found = _own_support(request, support_id)
    act, done = SUPPORT_DEEDS[deed]
    try:
        act(support_id=found.pk, now=business_now())
    except PledgeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect(found)
