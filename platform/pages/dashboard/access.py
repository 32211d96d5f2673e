"""Who may see money, and as of when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

View = Callable[..., HttpResponse | StreamingHttpResponse]


def admin_only(view: View) -> View:
    """Signed out: sign in. Not an admin: 403."""

    @wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse | StreamingHttpResponse:
        if not (request.user.is_authenticated and request.user.is_admin):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return login_required(checked)


def as_of(request: HttpRequest, now: datetime) -> datetime:
    """`?at=` as an aware time, or `now`. Raises Http404 for what is no time."""
    text = request.GET.get("at", "")
    if not text:
        return now
    try:
        at = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        at = None
    if at is None:
        raise Http404(gettext("Write the time as 2026-01-31T12:00+00:00."))
    return at if timezone.is_aware(at) else at.replace(tzinfo=timezone.get_current_timezone())


def page_number(request: HttpRequest) -> int:
    """`?page=`, at least 1."""
    text = request.GET.get("page", "1")
    return max(int(text), 1) if text.isdecimal() and len(text) < 7 else 1
