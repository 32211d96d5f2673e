"""An account's machines: pairing instructions, state, and revoking one at once."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from compute_pledges.models import Device
from compute_pledges.selectors import machines_of
from compute_pledges.services.backing import revoke_device
from projects.fields import TIME_ZONES


@login_required
@require_safe
def machines(request: HttpRequest) -> HttpResponse:
    """The account's machines with what each has verified."""
    return render(request, "compute/machines.html", {"items": machines_of(signed_in(request)), "zones": TIME_ZONES})


@login_required
@require_POST
def revoke(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """End a machine's access at once."""
    device = get_object_or_404(Device, pk=device_id, owner=signed_in(request))
    revoke_device(device=device, now=business_now())
    messages.success(request, gettext("%(name)s is revoked. What it earned stays yours.") % {"name": device.name})
    return redirect("compute:machines")
