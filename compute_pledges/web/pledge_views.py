"""Pledging GPU time in the browser, and what became of each pledge."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from accounts.limits import is_within_limit
from clock.services import business_now
from compute_pledges.errors import PledgeRefused
from compute_pledges.estimates import catalog_rows
from compute_pledges.matching.wanting import projects_wanting
from compute_pledges.models import ComputePledge, Device, HoursOffer, PledgeCount
from compute_pledges.schedule.slots import hours_in_words
from compute_pledges.selectors import machines_for, pledge_figures, pledge_weeks, with_figures
from compute_pledges.services import backing, pledges, rollover
from compute_pledges.services.counting_words import count_words
from compute_pledges.services.delivering import delivery_of
from compute_pledges.web.estimate_views import estimate_of, uuid_of
from compute_pledges.web.pledge_forms import GpuPledgeForm
from projects.models import Project
from projects.referrals import count_pledge

PLEDGES_AN_HOUR = 60
PLEDGES_SHOWN = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pledge(request: HttpRequest, slug: str) -> HttpResponse:
    """The pledge form; a refused form keeps what was typed."""
    project = get_object_or_404(Project.objects.public(), slug=slug)
    form = GpuPledgeForm(request.POST or None, project=project, user=signed_in(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            _slow_down(request)
            made = pledges.create_pledge(project=project, backer=signed_in(request), now=business_now(), **data)
        except PledgeRefused as error:
            form.add_error(None, str(error))
        else:
            count_pledge(project=project, source=request.GET.get("ref", ""), now=business_now())
            messages.success(
                request, gettext("Your offer is recorded. It counts once a paired, measured machine backs it.")
            )
            return redirect("compute:pledge_detail", made.pk)
    offer = HoursOffer.objects.filter(project=project, closed_at=None).first()
    is_open = project.state == "live" or offer is not None
    context = {"project": project, "form": form, "catalog": catalog_rows(), "is_open": is_open, "offer": offer}
    status = 422 if form.errors else 200
    return render(request, "compute/pledge.html", context | estimate_of(request, project), status=status)


def _slow_down(request: HttpRequest) -> None:
    if not is_within_limit(user=signed_in(request), action="gpu_pledge", most=PLEDGES_AN_HOUR, seconds=3600):
        raise PledgeRefused(gettext("You made many pledges within the hour. Wait a little; those you made are kept."))


@login_required
@require_safe
def my_pledges(request: HttpRequest) -> HttpResponse:
    """The account's GPU pledges with their three figures."""
    mine = ComputePledge.objects.filter(backer=signed_in(request)).select_related("project", "device")
    page = Paginator(mine, PLEDGES_SHOWN).get_page(request.GET.get("page"))
    return render(request, "compute/pledges.html", {"items": with_figures(page.object_list), "page": page})


@login_required
@require_safe
def pledge_detail(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Promised, delivered, verified; by week and by block. The backer's own, an admin sees all."""
    found = own_pledge(request, pledge_id)
    is_open = found.state in ComputePledge.OPEN_STATES
    context = {
        "pledge": found,
        "delivery": delivery_of(found),
        "figures": pledge_figures(found),
        "weeks": pledge_weeks(found),
        "blocks": found.results.select_related("lease__round").order_by("-received_at")[:20],
        "machines": machines_for(found) if is_open else [],
        "is_own": found.backer_id == signed_in(request).pk,
        "is_open": is_open,
        "counts": count_words(found, PledgeCount.objects.filter(pledge=found).first()),
        "hours": hours_in_words(found.hours.values_list("slot", flat=True)),
        "withdrawal": pledges.withdrawal_of(pledge=found, now=business_now()),
        "endings": ComputePledge.OnFailure.choices,
        **_rest(found),
    }
    return render(request, "compute/pledge_detail.html", context)


def _rest(pledge: ComputePledge) -> dict[str, Any]:
    """What is left of an ended pledge, where it may go on, or where it went."""
    if pledge.state not in rollover.ENDED:
        return {}
    rolled = ComputePledge.objects.select_related("project").filter(rolled_from=pledge).first()
    if rolled is not None:
        return {"rolled_to": rolled}
    return {"left_us": rollover.left_us(pledge), "wanting": projects_wanting(pledge=pledge, now=business_now())}


def own_pledge(request: HttpRequest, pledge_id: UUID) -> ComputePledge:
    """The backer's own, or any for an admin; otherwise not found."""
    visible = ComputePledge.objects.select_related("project", "device", "reward")
    if not signed_in(request).is_admin:
        visible = visible.filter(backer=signed_in(request))
    return get_object_or_404(visible, pk=pledge_id)


@login_required
@require_POST
def attach(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Back a pledge with one of the account's machines, in place of the one it had."""
    found = get_object_or_404(ComputePledge, pk=pledge_id, backer=signed_in(request))
    device = get_object_or_404(Device, pk=uuid_of(request.POST.get("device", "")), owner=signed_in(request))
    try:
        backing.attach_device(pledge=found, device=device, now=business_now())
    except PledgeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, gettext("%(name)s backs this pledge now.") % {"name": device.name})
    return redirect("compute:pledge_detail", pledge_id)


@login_required
@require_POST
def withdraw(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Take a pledge back before its lock."""
    found = get_object_or_404(ComputePledge, pk=pledge_id, backer=signed_in(request))
    try:
        pledges.withdraw_pledge(pledge=found, now=business_now())
    except PledgeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, gettext("The pledge is withdrawn. What was verified stays yours."))
    return redirect("compute:pledge_detail", pledge_id)
