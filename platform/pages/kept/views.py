"""What was typed before a session ended, to be read again and sent or dropped."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.csrf import csrf_failure
from django.views.decorators.http import require_POST

from pages.kept.keeping import KeptForm, drop_form, keep_form, kept_form, read_form


def show_kept(request: HttpRequest, form: KeptForm, status: int = 200) -> HttpResponse:
    """Everything that was typed, and one button that sends it."""
    page = render(request, "pages/kept/kept.html", {"kept": form, "typed": form.typed()}, status=status)
    page["Cache-Control"] = "no-store"
    return page


def token_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of before the last sign-in is shown again; one that another site sent is refused without a word of it."""
    if request.method == "POST" and _is_own(request):
        form = (keep_form(request) if request.FILES else None) or read_form(request)
        if form.typed() or form.files:
            return show_kept(request, form, status=403)
    return csrf_failure(request, reason=reason, template_name="403_csrf.html")


def _is_own(request: HttpRequest) -> bool:
    """Whether one of our pages sent it, as the browser says: no other site can write these headers."""
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


@require_POST
def drop(request: HttpRequest) -> HttpResponse:
    """It is not wanted any more."""
    form = kept_form(request)
    drop_form(request)
    return redirect(form.page if form is not None and form.page else "/")
