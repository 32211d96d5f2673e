"""Forms that were sent after the session had ended: kept on the way to signing in, shown on the way back."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from pages.kept.files import hand_over
from pages.kept.keeping import KeptForm, drop_form, keep_form, kept_form
from pages.kept.views import show_kept

# Programs, and the library's own pages, which carry passwords and codes.
FOREIGN = ("/api/", "/accounts/", "/identity/", "/_allauth/", "/staff/")


class KeptFormMiddleware:
    """Behind the session, the account and the messages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(FOREIGN):
            return self.get_response(request)
        if request.method == "GET" and request.user.is_authenticated:
            form = kept_form(request)
            if form is not None and form.path == request.get_full_path():
                return show_kept(request, form)
        answer = self.get_response(request)
        if request.method == "POST" and _is_page(request):
            self._after_post(request, answer)
        return answer

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """The files of a kept form go with it, once its token was found good."""
        if request.method != "POST" or request.path.startswith(FOREIGN) or not request.user.is_authenticated:
            return
        form = kept_form(request)
        # Views that read the body themselves, such as webhooks, have no kept form.
        if form is not None and form.path == request.get_full_path() and "kept_files" in request.POST:
            hand_over(request, form.files)

    def _after_post(self, request: HttpRequest, answer: HttpResponse) -> None:
        if request.user.is_authenticated:
            kept = kept_form(request)
            # Refused for its token, it was not sent yet.
            is_sent = answer.status_code != HTTPStatus.FORBIDDEN
            if is_sent and kept is not None and kept.path == request.get_full_path():
                drop_form(request)
        elif answer.status_code == 302 and _asks_to_sign_in(answer) and (form := keep_form(request)):
            messages.warning(request, _words(form))


def _words(form: KeptForm) -> str:
    words = _("You are signed out. What you typed is kept: sign in, look at it again and send it.")
    if form.left:
        left = _("Not kept, so to be chosen again: %(files)s.") % {"files": ", ".join(form.left)}
        return f"{words} {left}"
    return words


def _asks_to_sign_in(answer: HttpResponse) -> bool:
    """A form that itself leads to a code by mail, or says `kept=1`, goes on by its own means."""
    onward = urlsplit(answer["Location"])
    return onward.path == resolve_url(settings.LOGIN_URL) and "kept" not in parse_qs(onward.query)


def _is_page(request: HttpRequest) -> bool:
    """Whether a person's browser goes there; a script that saves by itself keeps its page and tells it."""
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate" and "X-Autosave" not in request.headers
