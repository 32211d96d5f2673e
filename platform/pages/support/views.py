"""Beginning and ending to see the site as somebody."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.current import signed_in
from accounts.models import User
from audit.services import ReasonMissing
from pages.dashboard.access import admin_only
from pages.support.acting_as import SESSION_KEY, ActingRefused, begin, end


@admin_only
@require_POST
def begin_acting(request: HttpRequest, user_id: int) -> HttpResponse:
    """With a reason."""
    person = get_object_or_404(User, pk=user_id)
    try:
        session = begin(
            admin=signed_in(request), person=person, reason=request.POST.get("reason", ""), now=timezone.now()
        )
    except (ActingRefused, ReasonMissing) as error:
        messages.error(request, str(error))
        return redirect("pages:acting_person", user_id)
    request.session[SESSION_KEY] = session.pk
    return redirect("projects:home")


@login_required
@require_POST
def end_acting(request: HttpRequest) -> HttpResponse:
    """Back to oneself."""
    acting = getattr(request, "acting", None)
    if acting is None:
        return redirect("projects:home")
    end(session=acting, now=timezone.now())
    del request.session[SESSION_KEY]
    messages.success(request, _("You are yourself again."))
    return redirect("pages:acting_person", acting.person_id)
