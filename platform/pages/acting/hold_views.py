"""Setting and lifting holds on a pledge, a project or an account."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.current import signed_in
from accounts.models import User
from clock.services import business_now
from pages.acting import deeds
from pages.acting.forms import ReasonForm
from pages.acting.outcome import attempt
from pages.dashboard.access import admin_only
from payments.models import CashPledge, Hold
from payments.services import holding
from projects.models import Project

KINDS: dict[str, type[Model]] = {"pledge": CashPledge, "project": Project, "user": User}
COVERS = {
    "pledge": _("This pledge is not charged while the hold stands."),
    "project": _("Nothing is charged, refunded by a sweep or paid out for this project while the hold stands."),
    "user": _("This account is not charged, pledges nothing new and is paid nothing while the hold stands."),
}


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def set_hold(request: HttpRequest, kind: str, pk: str) -> HttpResponse:
    """A page that asks for the reason, and the deed."""
    target = _find(kind, pk)
    form = ReasonForm("hold", request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        context = {
            "title": gettext("Hold %(words)s") % {"words": _words(target)},
            "explains": COVERS[kind],
            "form": form,
            "button": gettext("Set the hold"),
        }
        return render(request, "dashboard/acting/one_deed.html", context, status=400 if form.errors else 200)
    reason, by = form.cleaned_data["reason"], signed_in(request)
    attempt(
        request,
        lambda: holding.set_hold(target={kind: target}, by=by, reason=reason, now=business_now()),
        gettext("The hold stands."),
    )
    return redirect(page_of(kind, target))


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def lift_hold(request: HttpRequest, hold_id: int) -> HttpResponse:
    """A page with the hold, and the deed."""
    hold = get_object_or_404(Hold.objects.select_related("pledge", "project", "user"), pk=hold_id)
    kind = holding.subject_of(hold).split(":", 1)[0]
    form = ReasonForm("lift", request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        explains = gettext("Set on %(set_at)s UTC: %(reason)s") % {
            "set_at": f"{hold.set_at:%d %B %Y, %H:%M}",
            "reason": hold.reason,
        }
        context = {
            "title": gettext("Lift hold %(pk)s") % {"pk": hold.pk},
            "explains": explains,
            "form": form,
            "button": gettext("Lift the hold"),
        }
        return render(request, "dashboard/acting/one_deed.html", context, status=400 if form.errors else 200)
    reason, by = form.cleaned_data["reason"], signed_in(request)
    attempt(
        request,
        lambda: deeds.lift_hold(hold=hold, by=by, reason=reason, now=business_now()),
        gettext("The hold is lifted. What it covered goes on with the next sweep."),
    )
    return redirect(page_of(kind, getattr(hold, kind)))


def _find(kind: str, pk: str) -> Any:
    model = KINDS.get(kind)
    if model is None:
        raise Http404(gettext("Holds are on pledges, projects and accounts."))
    try:
        return get_object_or_404(model, pk=pk)
    except (ValueError, ValidationError) as error:
        raise Http404(gettext("There is no such thing to hold.")) from error


def _words(target: Any) -> str:
    return gettext("the account of %(email)s") % {"email": target.email} if isinstance(target, User) else str(target)


def page_of(kind: str, target: Any) -> str:
    """The staff page of what a hold covers."""
    if kind == "project":
        return reverse("pages:acting_project", args=[target.slug])
    return reverse("pages:acting_pledge" if kind == "pledge" else "pages:acting_person", args=[target.pk])
