"""Mail about an account, such as codes to sign in, in the form of every other mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.html import escape, linebreaks, urlize
from django.utils.translation import get_language

from accounts.languages import speaking
from notices.mail import Letter, compose

WIDTH = 55


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: what the library's words take for a site is the host of the request, port and all."""

    name: str
    domain: str


class AccountMail(DefaultAccountAdapter):
    """The library's words, as text and as HTML. What belongs to an account cannot be switched off."""

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """The mail, not sent yet."""
        user = context.get("user")
        sender = Sender(settings.PLATFORM_NAME, urlsplit(settings.SITE_URL).netloc)
        # Somebody without an account, or whose account never chose, reads the language of the page that asked.
        with speaking(getattr(user, "language", "") or get_language()):
            said = super().render_mail(template_prefix, email, {**context, "current_site": sender}, headers)
            letter = _letter(str(said.subject), _unwrapped(str(said.body).strip()), str(context.get("code") or ""))
            mail = compose(letter=letter, address=said.to[0])
        mail.to = said.to
        return mail


def _unwrapped(body: str) -> str:
    """Sentences that the library's words break at a width of a terminal, whole; lists and lines that end early stay."""
    return re.sub(rf"^(.{{{WIDTH},}})\n(?=[^\n-])", r"\1 ", body, flags=re.MULTILINE)


def _letter(subject: str, body: str, code: str) -> Letter:
    """A code that stands by itself is what the reader looks for."""
    if not code:
        return Letter(subject, body)
    html = linebreaks(urlize(body, autoescape=True))
    return Letter(subject, body, html=html.replace(f"<p>{escape(code)}</p>", f'<p class="code">{escape(code)}</p>'))
