"""While an admin sees the site as a person: that person's pages, nothing that changes anything, nothing of sign-in."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from pages.support.acting_as import SESSION_KEY, standing

SAFE = ("GET", "HEAD", "OPTIONS")
# Passwords, second factors, sessions, devices, the database's own pages.
CLOSED = ("/accounts/", "/identity/", "/staff/", "/_allauth/")


class ActingAsMiddleware:
    """Puts the person in the admin's place on `request.user`; `request.acting` says so to the pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session_id = request.session.get(SESSION_KEY)
        if session_id is None or not isinstance(request.user, User):
            return self.get_response(request)
        acting = standing(session_id=session_id, admin=request.user, now=timezone.now())
        if acting is None:
            del request.session[SESSION_KEY]
            return self.get_response(request)
        request.acting = acting  # type: ignore[attr-defined]  # reason: read by the banner and the way out
        if request.path == reverse("pages:end_acting"):
            return self.get_response(request)
        request.user = acting.person
        if request.method not in SAFE or request.path.startswith(CLOSED):
            return render(request, "pages/support/read_only.html", status=403)
        return self.get_response(request)
