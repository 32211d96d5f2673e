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

from pages.kept.files import Kept, carried, erase_files, hand_over
from pages.kept.keeping import KeptForm, drop_form, keep_form, keep_refused, kept_form
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
        """The files of a kept form go with it, once its token was found good; a page that refuses it names them."""
        if request.method != "POST" or request.path.startswith(FOREIGN) or not request.user.is_authenticated:
            return
        # What needs no token is no form of ours, and may read its body by itself: a webhook does.
        if getattr(view, "csrf_exempt", False):
            return
        form = kept_form(request)
        waits = form is not None and form.is_refused and form.path == request.get_full_path()
        files = carried(request) or (form.files if form is not None and waits else [])
        hand_over(request, files)
        request.kept_files = files  # type: ignore[attr-defined]  # reason: read by base.html and below

    def _after_post(self, request: HttpRequest, answer: HttpResponse) -> None:
        if request.user.is_authenticated:
            _settle(request, answer, getattr(request, "kept_files", []))
        elif answer.status_code == 302 and _asks_to_sign_in(answer) and (form := keep_form(request)):
            messages.warning(request, _words(form))


def _settle(request: HttpRequest, answer: HttpResponse, files: list[Kept]) -> None:
    """What was sent is forgotten; files of what was refused wait for the next try."""
    # Refused for its token, it was not sent yet.
    if answer.status_code == HTTPStatus.FORBIDDEN:
        return
    if files and answer.status_code >= HTTPStatus.BAD_REQUEST:
        keep_refused(request, files)
        return
    erase_files(files)
    kept = kept_form(request)
    if kept is not None and kept.path == request.get_full_path():
        drop_form(request)


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
