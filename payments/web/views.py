"""A pledge begins: amount and reward, then the card. A refused form keeps what was typed."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.current import signed_in
from clock.services import business_now
from payments.errors import PledgeRefused
from payments.models import CashPledge
from payments.services import pledging, supporting
from payments.web.card_testing import may_start, needs_proof, proof_is_good
from payments.web.forms import PledgeForm, charges_at_once, presets_of
from payments.web.guards import origin_of
from payments.web.inline_account import AddressForm, keep_choice, kept_choice, send_code
from projects.errors import RewardSoldOut
from projects.meters import charge_rule
from projects.models import Project
from projects.referrals import count_pledge


@require_http_methods(["GET", "HEAD", "POST"])
def pledge(request: HttpRequest, slug: str) -> HttpResponse:
    """Amount and reward; without an account, also a mail address that becomes one."""
    project = get_object_or_404(Project.objects.public(), slug=slug)
    initial = {"amount": request.GET.get("amount", ""), "reward": request.GET.get("reward", "")}
    data = request.POST if request.method == "POST" else kept_choice(request, project)
    if request.method != "POST" and data is not None and "sign_in" in data:
        # They went to sign in before the form was ready to be sent.
        initial |= {name: str(value) for name, value in data.items()}
        data = None
    form = PledgeForm(data, project=project, initial=initial)
    if request.method != "POST":
        # Back from the code that made the account: what was chosen before goes on by itself.
        is_ready = data is not None and form.is_valid()
        return _go_on(request, project, form) if is_ready else _page(request, project, form, _address(request))
    return _send(request, project, form, _address(request))


def _address(request: HttpRequest) -> AddressForm | None:
    return None if request.user.is_authenticated else AddressForm(request.POST if "email" in request.POST else None)


def _send(request: HttpRequest, project: Project, form: PledgeForm, address: AddressForm | None) -> HttpResponse:
    if address is not None and "sign_in" in request.POST:
        keep_choice(request, project)
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path(), 'kept': 1})}")
    # The page of somebody who was signed in when it was made asked for no address.
    is_ended = address is not None and not address.is_bound
    if not is_ended and form.is_valid() and (address is None or address.is_valid()):
        try:
            _refuse_robots(request)
            if address is not None:
                keep_choice(request, project)
                return send_code(request, address.cleaned_data["email"])
            return redirect("payments:card", _start(request, project, form).pk)
        except (PledgeRefused, RewardSoldOut) as error:
            form.add_error(None, str(error))
    return _page(request, project, form, address, is_ended=is_ended)


def _go_on(request: HttpRequest, project: Project, form: PledgeForm) -> HttpResponse:
    try:
        return redirect("payments:card", _start(request, project, form).pk)
    except (PledgeRefused, RewardSoldOut) as error:
        form.add_error(None, str(error))
        return _page(request, project, form, None)


def _start(request: HttpRequest, project: Project, form: PledgeForm) -> CashPledge:
    """Raises PledgeRefused, RewardSoldOut."""
    choice = form.choice(origin_of(request))
    start = supporting.start_support if choice.is_monthly else pledging.start_pledge
    now = business_now()
    pledge = start(
        project=project, backer=signed_in(request), choice=choice, client_token=form.cleaned_data["client_token"],
        now=now,
    )  # fmt: skip
    count_pledge(project=project, source=request.GET.get("ref", ""), now=now)
    return pledge


def _refuse_robots(request: HttpRequest) -> None:
    """Stolen cards are tried in quick succession. Raises PledgeRefused."""
    if needs_proof(request) and not proof_is_good(request):
        raise PledgeRefused(
            gettext("Your browser is to prove that it is no robot. That takes a few seconds; send it again.")
        )
    if not may_start(request):
        raise PledgeRefused(
            gettext("Many pledges were started from here within the hour. Wait a little; those you made are kept.")
        )


def _page(
    request: HttpRequest, project: Project, form: PledgeForm, address: AddressForm | None, *, is_ended: bool = False
) -> HttpResponse:
    context = {
        "project": project,
        "form": form,
        "address": address,
        "is_ended": is_ended,
        "presets": presets_of(project.currency),
        "charge_rule": charge_rule(project),
        "charges_at_once": charges_at_once(project),
        "is_late": pledging.takes_late(project),
        "needs_proof": needs_proof(request),
        "is_open": pledging.is_open_for_pledges(project, business_now()),
    }
    is_refused = is_ended or bool(form.errors or (address and address.errors))
    return render(request, "payments/pledge.html", context, status=422 if is_refused else 200)
