"""The card pledge in the browser: amount, card, receipt; changing, canceling, repairing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from accounts.limits import is_within_limit
from clock.services import business_now
from payments.errors import PledgeRefused, ProviderAway, ProviderRefused
from payments.models import CashPledge
from payments.services import cards, pledging
from payments.services.applying import refresh
from payments.services.mails import signer
from payments.web.forms import PledgeForm
from projects.errors import RewardSoldOut
from projects.meters import charge_rule
from projects.models import Project

STARTS_AN_HOUR = 20
REPAIR_LINK_LIFETIME = timedelta(days=8)
AWAY = "The payment provider does not answer. Your pledge is kept and nothing was charged; try again in a minute."
# The site's policy is opened to the provider's script, frames and calls on the card page alone.
SCRIPT_ORIGIN = "/".join(settings.STRIPE_JS_URL.split("/")[:3])
PROVIDER = [SCRIPT_ORIGIN, settings.STRIPE_API_BASE or "https://api.stripe.com"]
FRAMES = [SCRIPT_ORIGIN, *([] if settings.STRIPE_API_BASE else ["https://hooks.stripe.com"])]
opens_policy = csp_update({"script-src": [SCRIPT_ORIGIN], "frame-src": FRAMES, "connect-src": PROVIDER})
View = Callable[..., HttpResponse]


def calm_when_away(view: View) -> View:
    """The provider is away: a page that says what was kept."""

    @wraps(view)
    def calm(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ProviderAway:
            response = render(request, "payments/away.html", {"sentence": AWAY}, status=503)
            response.headers["Retry-After"] = "30"
            return response

    return calm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pledge(request: HttpRequest, slug: str) -> HttpResponse:
    """Amount and reward; a refused form keeps what was typed."""
    project = get_object_or_404(Project.objects.public(), slug=slug)
    initial = {"amount": request.GET.get("amount", ""), "reward": request.GET.get("reward", "")}
    form = PledgeForm(request.POST or None, project=project, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            _slow_down(request)
            made = pledging.start_pledge(
                project=project, backer=signed_in(request), amount=data["amount"], reward=data["reward"],
                client_token=data["client_token"], now=business_now(),
            )  # fmt: skip
        except (PledgeRefused, RewardSoldOut) as error:
            form.add_error(None, str(error))
        else:
            return redirect("payments:card", made.pk)
    context = {
        "project": project,
        "form": form,
        "charge_rule": charge_rule(project),
        "is_open": project.state == Project.State.LIVE and project.deadline_at > business_now(),
    }
    return render(request, "payments/pledge.html", context, status=422 if form.errors else 200)


def _slow_down(request: HttpRequest) -> None:
    """Stolen cards are tried in quick succession. Raises PledgeRefused."""
    if not is_within_limit(user=signed_in(request), action="card_pledge", most=STARTS_AN_HOUR, seconds=3600):
        raise PledgeRefused("You started many pledges within the hour. Wait a little; those you made are kept.")


def own_pledge(request: HttpRequest, pledge_id: UUID) -> CashPledge:
    """The signed-in backer's pledge. Raises Http404 for anyone else's."""
    mine = CashPledge.objects.select_related("project", "reward", "backer").filter(backer=signed_in(request))
    return get_object_or_404(mine, pk=pledge_id)


@login_required
@require_safe
@opens_policy
@calm_when_away
def card(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """The provider's form for the card."""
    found = own_pledge(request, pledge_id)
    if found.state not in (CashPledge.State.STARTED, *CashPledge.COLLECTING):
        return redirect(found)
    return _card_page(request, found, reverse("payments:returned", args=[found.pk]))


def _card_page(request: HttpRequest, found: CashPledge, return_path: str) -> HttpResponse:
    try:
        facts = cards.browser_facts(found)
    except ProviderRefused as error:
        refused = {"sentence": f"The payment provider refused: {error} Nothing was charged."}
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
    found = refresh(pledge_id=own_pledge(request, pledge_id).pk, now=business_now())
    if found.state == CashPledge.State.STARTED:
        messages.error(request, "Your card is not saved yet. Nothing was charged; try again or use another card.")
        return redirect("payments:card", found.pk)
    return redirect(found)


@login_required
@require_safe
def my_pledges(request: HttpRequest) -> HttpResponse:
    """The account's card pledges."""
    mine = CashPledge.objects.filter(backer=signed_in(request)).select_related("project", "reward")
    return render(request, "payments/pledges.html", {"pledges": mine[:100]})


@login_required
@require_safe
def detail(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """A pledge as a receipt, with what can still be done."""
    found = own_pledge(request, pledge_id)
    is_open = found.project.state == Project.State.LIVE and found.project.deadline_at > business_now()
    initial = {"amount": str(found.amount.decimal), "reward": found.reward_id}
    context = {
        "pledge": found,
        "charge_rule": charge_rule(found.project),
        "form": PledgeForm(project=found.project, initial=initial),
        "may_change": is_open and found.state == CashPledge.State.ACTIVE,
        "may_cancel": found.is_changeable and (is_open or found.state == CashPledge.State.STARTED),
        "needs_card": found.state in (CashPledge.State.STARTED, *CashPledge.COLLECTING),
    }
    return render(request, "payments/detail.html", context)


@login_required
@require_POST
def change(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Another amount or reward."""
    found = own_pledge(request, pledge_id)
    form = PledgeForm(request.POST, project=found.project)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, f"{' '.join(map(str, errors))} Your pledge is as it was.")
        return redirect(found)
    try:
        pledging.change_pledge(
            pledge_id=found.pk,
            amount=form.cleaned_data["amount"],
            reward=form.cleaned_data["reward"],
            now=business_now(),
        )
    except (PledgeRefused, RewardSoldOut) as error:
        messages.error(request, f"{error} Your pledge is as it was.")
    else:
        messages.success(request, "Your pledge is changed.")
    return redirect(found)


@login_required
@require_POST
def cancel(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Withdraw before the deadline."""
    found = own_pledge(request, pledge_id)
    try:
        pledging.cancel_pledge(pledge_id=found.pk, now=business_now())
    except PledgeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Your pledge is canceled. Nothing was charged, and your card is let go.")
    return redirect(found)


def _repairable(token: str) -> CashPledge:
    try:
        pledge_id = signer.unsign(token, max_age=REPAIR_LINK_LIFETIME)
    except BadSignature as error:
        raise Http404("This link is wrong or has expired. Sign in to see your pledge.") from error
    return get_object_or_404(CashPledge.objects.select_related("project", "reward", "backer"), pk=pledge_id)


@require_safe
@opens_policy
@calm_when_away
def repair(request: HttpRequest, token: str) -> HttpResponse:
    """The signed link of the mail: the same PaymentIntent, confirmed by its holder."""
    found = _repairable(token)
    if found.state not in CashPledge.COLLECTING:
        return render(request, "payments/repaired.html", {"pledge": found})
    return _card_page(request, found, reverse("payments:repair_returned", args=[token]))


@require_safe
@calm_when_away
def repair_returned(request: HttpRequest, token: str) -> HttpResponse:
    """Back from the repair."""
    found = refresh(pledge_id=_repairable(token).pk, now=business_now())
    if found.state in CashPledge.COLLECTING:
        messages.error(request, "The card was not charged. Try again or use another card.")
        return redirect("payments:repair", token)
    return render(request, "payments/repaired.html", {"pledge": found})
