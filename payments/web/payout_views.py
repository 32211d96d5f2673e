"""Where payouts go: a creator's onboarding at the provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from payments.errors import ProviderRefused
from payments.models import PayoutRecipient
from payments.services import recipients
from payments.web.guards import View, calm_when_away
from projects.models import Project


def own_project(request: HttpRequest, slug: str) -> Project:
    """The creator's project. Raises PermissionDenied for anyone else."""
    project = get_object_or_404(Project, slug=slug)
    if project.creator_id != signed_in(request).pk:
        raise PermissionDenied
    return project


# Browsers hold a form's redirect against the page's policy too, and onboarding is at the provider's.
ONBOARDING = settings.STRIPE_API_BASE or "https://*.stripe.com"
# The library types its decorators for views without arguments.
opens_form = cast("Callable[[View], View]", csp_update({"form-action": [ONBOARDING]}))


@login_required
@require_safe
@opens_form
def payouts(request: HttpRequest, slug: str) -> HttpResponse:
    """State of the onboarding, and the way on."""
    project = own_project(request, slug)
    recipient = PayoutRecipient.objects.filter(user=signed_in(request)).first()
    return render(request, "payments/payouts.html", {"project": project, "recipient": recipient})


@login_required
@require_POST
@calm_when_away
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """To the provider's page."""
    project = own_project(request, slug)
    back = settings.SITE_URL + reverse("payments:payouts_returned", args=[project.slug])
    try:
        return HttpResponseRedirect(recipients.begin_onboarding(user=signed_in(request), return_url=back))
    except ProviderRefused as error:
        messages.error(request, gettext("The payment provider refused: %(error)s") % {"error": error})
        return redirect("payments:payouts", slug)


@login_required
@require_safe
@calm_when_away
def returned(request: HttpRequest, slug: str) -> HttpResponse:
    """Back from the provider: ask it whether payouts can go to this creator."""
    project = own_project(request, slug)
    try:
        is_able = recipients.refresh_recipient(user=signed_in(request), now=timezone.now())
    except ProviderRefused as error:
        messages.error(
            request, gettext("The payment provider refused: %(error)s Nothing changed; begin again.") % {"error": error}
        )
        return redirect("payments:payouts", project.slug)
    if is_able:
        messages.success(request, gettext("Payouts can go to you. Your project can be launched once it is approved."))
    else:
        messages.error(request, gettext("The provider still needs something. Continue where you left off."))
    return redirect("payments:payouts", project.slug)
