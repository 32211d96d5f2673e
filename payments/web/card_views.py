"""The card page, the way back from it, and the link that repairs a charge."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from clock.services import business_now
from payments.errors import NotBookedYet, ProviderRefused
from payments.models import CashPledge
from payments.services import cards
from payments.services.applying import refresh
from payments.services.mails import signer
from payments.web.card_testing import count_failure, may_try_cards
from payments.web.guards import View, calm_when_away, opens_policy, own_pledge
from projects.meters import charge_rule
from projects.models import Project

REPAIR_LINK_LIFETIME = timedelta(days=7)
State = CashPledge.State
WITH_A_CARD_PAGE = (State.STARTED, State.ACTIVE, *CashPledge.COLLECTING)


@login_required
@require_safe
@opens_policy
@calm_when_away
def card(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """The provider's form for the card; for an active pledge it replaces the one that is saved."""
    found = own_pledge(request, pledge_id)
    if found.state not in WITH_A_CARD_PAGE or (found.state == State.ACTIVE and not _is_live(found)):
        return redirect(found)
    return _card_page(request, found, reverse("payments:returned", args=[found.pk]))


def _is_live(found: CashPledge) -> bool:
    return found.project.state == Project.State.LIVE and found.project.deadline_at > business_now()


def _card_page(request: HttpRequest, found: CashPledge, return_path: str) -> HttpResponse:
    if not may_try_cards(request):
        sentence = gettext("Too many cards were refused here within the hour. Your pledge is kept; try again later.")
        return render(request, "payments/away.html", {"sentence": sentence}, status=429)
    try:
        facts = cards.browser_facts(found)
    except ProviderRefused as error:
        refused = {
            "sentence": gettext("The payment provider refused: %(error)s Nothing was charged.") % {"error": error}
        }
        return render(request, "payments/away.html", refused, status=502)
    context = {
        "pledge": found,
        "charge_rule": charge_rule(found.project),
        "facts": facts,
        "script_url": settings.STRIPE_JS_URL,
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "return_path": return_path,
        "return_url": settings.SITE_URL + return_path,
    }
    return render(request, "payments/card.html", context)


@login_required
@require_safe
@calm_when_away
def returned(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Back from the card form: ask the provider, never the browser, what happened."""
    found = own_pledge(request, pledge_id)
    if found.new_setup_intent_id:
        return _card_replaced(request, found)
    try:
        found = refresh(pledge_id=found.pk, now=business_now())
    except NotBookedYet:
        messages.success(
            request, gettext("Your payment went through. It is being booked; this page shows it in a moment.")
        )
        return redirect(found)
    if found.state == State.STARTED:
        count_failure(request)
        messages.error(
            request, gettext("Your card is not saved yet. Nothing was charged; try again or use another card.")
        )
        return redirect("payments:card", found.pk)
    return redirect(found)


def _card_replaced(request: HttpRequest, found: CashPledge) -> HttpResponse:
    if cards.apply_new_card(pledge_id=found.pk):
        messages.success(request, gettext("Your pledge is on the new card now; the other one is let go."))
    else:
        count_failure(request)
        messages.error(request, gettext("The new card was not saved. Your pledge stays on the card that it had."))
    return redirect(found)


def _repairable(token: str) -> CashPledge:
    try:
        pledge_id = signer.unsign(token, max_age=REPAIR_LINK_LIFETIME)
    except BadSignature as error:
        raise Http404(gettext("This link is wrong or has expired. Sign in to see your pledge.")) from error
    return get_object_or_404(CashPledge.objects.select_related("project", "reward", "backer"), pk=pledge_id)


def _clear_refusal(view: View) -> View:
    """A repair link that is no good says so on a page of its own."""

    def clear(request: HttpRequest, token: str) -> HttpResponse:
        try:
            return view(request, token)
        except Http404:
            return render(request, "payments/repair_link.html", status=404)

    return clear


@require_safe
@opens_policy
@calm_when_away
@_clear_refusal
def repair(request: HttpRequest, token: str) -> HttpResponse:
    """The signed link of the mail: the same PaymentIntent, confirmed by its holder. It works until it is charged."""
    found = _repairable(token)
    if found.state not in CashPledge.COLLECTING:
        return render(request, "payments/repaired.html", {"pledge": found})
    return _card_page(request, found, reverse("payments:repair_returned", args=[token]))


@require_safe
@calm_when_away
@_clear_refusal
def repair_returned(request: HttpRequest, token: str) -> HttpResponse:
    """Back from the repair."""
    found = _repairable(token)
    try:
        found = refresh(pledge_id=found.pk, now=business_now())
    except NotBookedYet:
        return render(request, "payments/repaired.html", {"pledge": found, "is_being_booked": True})
    if found.state in CashPledge.COLLECTING:
        count_failure(request)
        messages.error(request, gettext("The card was not charged. Try again or use another card."))
        return redirect("payments:repair", token)
    return render(request, "payments/repaired.html", {"pledge": found})
