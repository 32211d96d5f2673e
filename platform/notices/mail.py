"""One form for every mail: text and HTML from the same words, with a way out where the mail is not owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of a digest."""

    title: str
    body: str = ""
    link: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. `body` is plain text whose blank lines part paragraphs; `action` labels `link`."""

    subject: str
    body: str = ""
    link: str = ""
    action: str = ""
    html: str = ""  # Sanitized, shown in the HTML part instead of `body`.
    entries: Sequence[Entry] = ()
    reason: str = ""
    unsubscribe: str = ""


def compose(*, letter: Letter, address: str) -> EmailMultiAlternatives:
    """The mail. One that can be switched off says so in its headers, as RFC 2369 and RFC 8058 have it."""
    context = {
        "letter": letter,
        "site": settings.SITE_URL,
        "platform": settings.PLATFORM_NAME,
        "postal": settings.PLATFORM_ADDRESS,
        "settings_link": settings.SITE_URL + reverse("notices:settings"),
    }
    headers = {}
    if letter.unsubscribe:
        headers = {"List-Unsubscribe": f"<{letter.unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    # A subject is one line, whatever a project is called.
    subject = " ".join(letter.subject.split())
    text = render_to_string("mail/letter.txt", context)
    mail = EmailMultiAlternatives(subject, text, settings.DEFAULT_FROM_EMAIL, [address], headers=headers)
    mail.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    return mail
