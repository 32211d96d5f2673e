"""What a backer does with a pledge's rest: choose beforehand, or let it go on once the pledge has ended."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.current import signed_in
from clock.services import business_now
from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputePledge
from compute_pledges.services import rollover
from projects.models import Project


def _own(request: HttpRequest, pledge_id: UUID) -> ComputePledge:
    return get_object_or_404(ComputePledge, pk=pledge_id, backer=signed_in(request))


@login_required
@require_POST
def choose_ending(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Return or roll over, should the project fail or end early."""
    pledge = _own(request, pledge_id)
    try:
        rollover.choose_ending(pledge=pledge, by=signed_in(request), on_failure=request.POST.get("on_failure", ""))
    except PledgeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, gettext("Kept."))
    return redirect("compute:pledge_detail", pledge_id)


@login_required
@require_POST
def roll_over(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """Offer what is left of an ended pledge to another project."""
    pledge = _own(request, pledge_id)
    project = get_object_or_404(Project.objects.public(), slug=request.POST.get("project", ""))
    try:
        made = rollover.roll_over(pledge=pledge, project=project, by=signed_in(request), now=business_now())
    except PledgeRefused as error:
        messages.error(request, str(error))
        return redirect("compute:pledge_detail", pledge_id)
    messages.success(request, gettext("What was left is offered to %(title)s.") % {"title": project.title})
    return redirect("compute:pledge_detail", made.pk)
