"""A payout that waits for an admin: the evidence, how its amount comes about, and the two ways on."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from audit.models import StaffAction
from clock.services import business_now
from pages.acting import deeds
from pages.acting.forms import ReasonForm, ReleaseForm
from pages.acting.outcome import attempt
from pages.dashboard.access import admin_only
from payments.models import Payout
from payments.selectors import standing_holds
from payments.services import paying_out
from payments.services.balance_sheet import Sheet, sheet_of
from projects.models import WHOLE_BP
from values.money import Money
from values.numbers import share_words

State = Payout.State


@dataclass(frozen=True, slots=True)
class Line:
    """A step of the computation."""

    label: str
    amount: Money
    is_sum: bool = False


@admin_only
@require_safe
def payout(request: HttpRequest, payout_id: UUID) -> HttpResponse:
    """The page of one payout."""
    return _page(request, _find(payout_id))


@admin_only
@require_POST
def release(request: HttpRequest, payout_id: UUID) -> HttpResponse:
    """Release it, of the amount that was shown."""
    found = _find(payout_id)
    form = ReleaseForm("release", request.POST)
    if not form.is_valid():
        return _page(request, found, release_form=form, status=400)
    data, by = form.cleaned_data, signed_in(request)
    attempt(
        request,
        lambda: deeds.release(
            payout_id=payout_id, seen_minor=data["amount_minor"], by=by, reason=data["reason"], now=business_now()
        ),
        gettext("Released. It is sent with the next sweep."),
    )
    return redirect("pages:payout", payout_id)


@admin_only
@require_POST
def send_back(request: HttpRequest, payout_id: UUID) -> HttpResponse:
    """Send it back with what is missing; the creator reads the reason."""
    found = _find(payout_id)
    form = ReasonForm("reject", request.POST)
    if not form.is_valid():
        return _page(request, found, reject_form=form, status=400)
    reason, by = form.cleaned_data["reason"], signed_in(request)
    attempt(
        request,
        lambda: paying_out.reject_payout(payout_id=payout_id, by=by, reason=reason, now=business_now()),
        gettext("Sent back. The creator is told why and can ask again."),
    )
    return redirect("pages:payout", payout_id)


def _find(payout_id: UUID) -> Payout:
    rows = Payout.objects.select_related("project__creator", "milestone", "recipient", "released_by")
    return get_object_or_404(rows, pk=payout_id)


def _page(
    request: HttpRequest, found: Payout, *, release_form: ReasonForm | None = None,
    reject_form: ReasonForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    lines = computation(found)
    shown = release_form or ReleaseForm("release", initial={"amount_minor": lines[-1].amount.minor})
    project = found.project
    context = {
        "payout": found, "project": project, "lines": lines, "at": business_now(),
        "evidence": found.milestone.evidence.select_related("author") if found.milestone else (),
        "holds": [h for h in standing_holds() if project.pk == h.project_id or project.creator_id == h.user_id],
        "actions": StaffAction.objects.filter(subject=f"payout:{found.pk}").select_related("actor"),
        "waits": found.state == State.REQUESTED, "release_form": shown,
        "reject_form": reject_form or ReasonForm("reject"),
    }  # fmt: skip
    return render(request, "dashboard/acting/payout.html", context, status=status)


def computation(found: Payout) -> list[Line]:
    """Line by line: as it would be released now, or as it was. The last line is what the creator gets."""
    if found.state in (State.RELEASED, State.PAID):
        figures = (found.gross_minor, found.provider_fee_minor, found.platform_fee_minor, found.reserve_minor)
        return _deductions(found, *figures)
    tranche = paying_out.figures_of(found)
    before = _basis(found, sheet_of(found.project)) if found.milestone else []
    figures = (tranche.gross, tranche.provider_fees, tranche.platform_fee, tranche.reserve)
    return [*before, *_deductions(found, *figures)]


def _basis(found: Payout, sheet: Sheet) -> list[Line]:
    """What came in to stay, what of it the milestones so far are worth, and what is free."""
    assert found.milestone is not None
    shares = found.project.milestones.filter(number__lte=found.milestone.number).values_list("share_bp", flat=True)
    through = min(sum(shares), WHOLE_BP)
    rows: list[tuple[str, int, bool]] = [
        ("Collected, gross", sheet.collected, False),
        (gettext("Refunded"), -sheet.refunded, False),
        (gettext("Disputes lost"), -sheet.disputes_lost, False),
        (gettext("Came in to stay"), sheet.base, True),
        (
            gettext("Shares up to this milestone: %(through)s") % {"through": share_words(through)},
            sheet.base * through // WHOLE_BP,
            False,
        ),
        (gettext("Released before"), -sheet.released, False),
        (gettext("Held for the project"), sheet.held, True),
        (gettext("Not settled yet"), -sheet.unsettled, False),
        (gettext("Disputed"), -sheet.frozen, False),
        (gettext("Refunds on their way"), -sheet.refunds_waiting, False),
        (gettext("Free to be released"), sheet.free, True),
    ]
    return [Line(label, Money(amount, sheet.currency), is_sum) for label, amount, is_sum in rows]


def _deductions(found: Payout, gross: int, provider_fees: int, platform_fee: int, reserve: int) -> list[Line]:
    if found.milestone is None:
        return [Line(gettext("The reserve, to the creator"), Money(gross, found.currency), is_sum=True)]
    rows = [
        (gettext("This tranche, gross: the smaller of the two"), gross, True),
        (gettext("Fees of the payment provider"), -provider_fees, False),
        (
            gettext("Fee of the platform, %(platform_fee_percent)s")
            % {"platform_fee_percent": found.project.platform_fee_percent},
            -platform_fee,
            False,
        ),
        (
            gettext("Kept in reserve, %(reserve_percent)s") % {"reserve_percent": found.project.reserve_percent},
            -reserve,
            False,
        ),
        (gettext("To the creator"), gross - provider_fees - platform_fee - reserve, True),
    ]
    return [Line(label, Money(amount, found.currency), is_sum) for label, amount, is_sum in rows]
