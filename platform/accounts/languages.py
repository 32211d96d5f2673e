"""The language in which an account is written to: chosen by the switch of the page, or the one of its sign-up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import activate, check_for_language, get_language, override
from django.views.i18n import set_language as set_language_of_page

from accounts.models import User


def known_language(code: str | None) -> str:
    """One of the site's languages; the site's own for any other."""
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


@contextmanager
def speaking(code: str | None) -> Iterator[None]:
    """Texts, money, hours and dates in this language, whoever caused them."""
    with override(known_language(code)):
        yield


def set_language(request: HttpRequest) -> HttpResponseBase:
    """Django's switch; whoever is signed in is written to in that language from now on."""
    answer = set_language_of_page(request)
    code = request.POST.get("language", "")
    if isinstance(request.user, User) and check_for_language(code) and known_language(code) == code:
        User.objects.filter(pk=request.user.pk).update(language=code)
    return answer


def speak_to(sender: Any, response: HttpResponseBase, user: AbstractBaseUser, **kwargs: Any) -> None:
    """Whoever signs in reads on in the language of their account. A receiver of allauth's signal."""
    code = getattr(user, "language", "")
    if known_language(code) != code:
        return
    activate(code)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH, secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY, samesite="Lax",
    )  # fmt: skip


def learn_language(sender: Any, user: AbstractBaseUser, **kwargs: Any) -> None:
    """An account that is made speaks the language of the page that made it. A receiver of allauth's signal."""
    User.objects.filter(pk=user.pk, language="").update(language=known_language(get_language()))
