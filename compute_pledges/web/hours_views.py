"""The hours of a pledge that stands, and the clock of a machine."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.current import signed_in
from clock.services import business_now
from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputePledge, Device
from compute_pledges.schedule.changing import change_hours, move_zone
from compute_pledges.schedule.holding import taken_slots
from compute_pledges.schedule.slots import hours_in_words
from compute_pledges.web.pledge_forms import WeekForm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Other hours for an open pledge; a refused form keeps what was chosen."""
    pledges = ComputePledge.objects.select_related("project", "device")
    pledge = get_object_or_404(pledges, pk=pledge_id, backer=signed_in(request), state__in=ComputePledge.OPEN_STATES)
    initial: dict[str, Any] = {
        "slots": set(pledge.hours.values_list("slot", flat=True)), "time_zone": pledge.time_zone
    }  # fmt: skip
    form = WeekForm(request.POST or None, initial=initial)
    if pledge.device is not None:
        form.fields["time_zone"].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            change_hours(pledge=pledge, week=form.cleaned_data["week"], by=signed_in(request), now=business_now())
        except PledgeRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("The hours are changed. What counts follows them."))
            return redirect("compute:pledge_detail", pledge_id)
    taken = hours_in_words(taken_slots(device=pledge.device, besides=pledge)) if pledge.device else ""
    context = {"pledge": pledge, "form": form, "taken": taken}
    return render(request, "compute/hours.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def zone(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """The machine's hours are read in another zone from now on."""
    device = get_object_or_404(Device, pk=device_id, owner=signed_in(request))
    try:
        move_zone(device=device, time_zone=request.POST.get("time_zone", ""), now=business_now())
    except PledgeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, gettext("The hours of %(name)s are read in its new time zone.") % {"name": device.name}
        )
    return redirect("compute:machines")
