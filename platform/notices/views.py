"""The page of notifications, its settings, and the link in every mail that switches a kind off."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from notices.forms import PreferencesForm
from notices.kinds import DIGESTS, Delivery, Kind
from notices.links import read_unsubscribe
from notices.models import Notice
from notices.services import choices_of, choose, mark_read, stop_mail

A_PAGE = 30


@login_required
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """What the person was told, newest first."""
    rows = Notice.objects.filter(person=signed_in(request))
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: A_PAGE + 1])
    shown = found[:A_PAGE]
    context = {"notices": shown, "older": shown[-1].pk if len(found) > A_PAGE else None, "is_first": not before}
    return render(request, "notices/list.html", context)


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Everything is read."""
    mark_read(person=signed_in(request), now=business_now())
    return redirect("notices:list")


@login_required
@require_POST
def open_notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Mark one as read and go to what it is about."""
    notice = get_object_or_404(Notice, pk=notice_id, person=signed_in(request))
    mark_read(person=signed_in(request), now=business_now(), notice_id=notice.pk)
    return redirect(notice.path or "notices:list")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """How to be told of each kind."""
    person = signed_in(request)
    form = PreferencesForm(request.POST or None, person=person, choices=choices_of(person))
    if form.is_bound and form.is_valid():
        choose(person=person, choices=form.chosen())
        messages.success(request, _("Saved. What was waiting to be mailed follows your choice."))
        return redirect("notices:settings")
    return render(request, "notices/settings.html", {"form": form}, status=422 if form.is_bound else 200)


@csrf_exempt  # The mail program's one click brings no cookie; the signed token is the permission (RFC 8058).
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Say what the link would switch off; switch it off when asked."""
    found = read_unsubscribe(token)
    if found is None:
        raise Http404(gettext("There is no such link."))
    person, what = found
    if request.method == "POST":
        stop_mail(person=person, what=what)
    label = Delivery(what).label if what in DIGESTS else Kind(what).label
    return render(request, "notices/unsubscribe.html", {"label": label, "is_done": request.method == "POST"})
