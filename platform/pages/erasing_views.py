"""The page on which an account is erased."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.current import signed_in
from clock.services import business_now
from pages.erasing import EraseRefused, erase_person, in_the_way
from payments.errors import ProviderAway


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """What stays, what stands in the way, and the last question."""
    user = signed_in(request)
    if request.method == "POST":
        if request.POST.get("email", "").strip().lower() != user.email:
            messages.error(request, gettext("Type your mail address to confirm. Nothing was erased."))
        else:
            return _erase(request)
    context = {"in_the_way": in_the_way(user)}
    return render(request, "account/erase.html", context, status=422 if request.method == "POST" else 200)


def _erase(request: HttpRequest) -> HttpResponse:
    try:
        erase_person(user=signed_in(request), now=business_now())
    except EraseRefused as error:
        messages.error(request, gettext("Not yet: %(error)s. Nothing was erased.") % {"error": error})
        return redirect("pages:erase")
    except ProviderAway:
        messages.error(
            request, gettext("The payment provider does not answer, so nothing was erased. Try again in a minute.")
        )
        return redirect("pages:erase")
    logout(request)
    messages.success(request, gettext("Your account is erased. What is in the ledger stays, without your name."))
    return redirect("projects:home")
