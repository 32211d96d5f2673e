"""The mailbox and the clock control. config.urls includes these in demo and tests only."""

from collections.abc import Callable
from datetime import timedelta
from typing import cast

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from clock.services import business_now, business_offset, move_clock
from pages.models import MailboxMessage

MAX_OFFSET_HOURS = 24 * 365
View = Callable[..., HttpResponse]
# A mail program lets a mail's own style through, and nothing that it would have to fetch.
_POLICY = {"default-src": [NONE], "style-src": [UNSAFE_INLINE], "script-src": [NONE], "frame-ancestors": [NONE]}
shown_as_mail = cast("Callable[[View], View]", csp_replace(_POLICY))


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The newest hundred mails, or those to `?to=`."""
    mails = MailboxMessage.objects.all()
    recipient = request.GET.get("to", "").strip().lower()
    if recipient:
        mails = mails.filter(recipient=recipient)
    return render(request, "demo/mailbox.html", {"mails": mails[:100], "recipient": recipient})


@shown_as_mail
@require_safe
def mail_as_html(request: HttpRequest, mail_id: int) -> HttpResponse:
    """One mail as a mail program shows it."""
    return HttpResponse(get_object_or_404(MailboxMessage.objects.exclude(html=""), pk=mail_id).html)


@require_http_methods(["GET", "HEAD", "POST"])
def clock_control(request: HttpRequest) -> HttpResponse:
    """Shows business time and sets its offset in hours; only an admin moves it."""
    if request.method == "POST":
        if not (request.user.is_authenticated and request.user.is_admin):
            return render(request, "403.html", status=403)
        try:
            hours = float(request.POST.get("hours", ""))
        except ValueError:
            hours = -1.0
        if not 0 <= hours <= MAX_OFFSET_HOURS:
            messages.error(
                request,
                gettext("Write hours from 0 to %(max_offset_hours)s. The clock was left as it was.")
                % {"max_offset_hours": MAX_OFFSET_HOURS},
            )
        else:
            move_clock(offset=timedelta(hours=hours))
            messages.success(
                request, gettext("Business time now runs %(hours)s hours ahead.") % {"hours": f"{hours:g}"}
            )
        return redirect("demo:clock")
    offset_hours = business_offset().total_seconds() / 3600
    return render(request, "demo/clock.html", {"now": business_now(), "offset_hours": offset_hours})
