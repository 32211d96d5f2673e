"""Natural languages of data as BCP 47 tags: kept as `en, pt-BR`, read as "English, Portuguese (Brazil)"."""

from __future__ import annotations

import re

from babel import Locale, UnknownLocaleError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from values.locales import locale_of_page

MOST_LANGUAGES = 20
TAG = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
# Codes that name no one language.
SPECIAL = {
    "mul": _("many languages"), "und": _("language not known"), "zxx": _("no language, such as code or images"),
}  # fmt: skip


class LanguageError(ValueError):
    """What was typed names no language."""


def parse_languages(text: str) -> str:
    """Tags in their usual spelling, each once, joined by ", ". Raises LanguageError."""
    tags = [_tag(part.strip()) for part in text.split(",") if part.strip()]
    if len(tags) > MOST_LANGUAGES:
        raise LanguageError(
            gettext("Name at most %(most_languages)s languages, or write mul for many.")
            % {"most_languages": MOST_LANGUAGES}
        )
    return ", ".join(dict.fromkeys(tags))


def language_words(tags: str) -> str:
    """The tags in the language of the page; empty for none."""
    return ", ".join(_words(tag) for tag in tags.split(", ") if tag)


def _tag(text: str) -> str:
    if not TAG.fullmatch(text) or not _words(text.lower()):
        raise LanguageError(
            gettext(
                "“%(text)s” is no language tag. Write en, de or pt-BR, several with commas between; "
                "mul for many, zxx for none, und where it is not known."
            )
            % {"text": text[:40]}
        )
    first, *others = text.split("-")
    return "-".join([first.lower(), *(part.title() if len(part) == 4 else part.upper() for part in others)])


def _words(tag: str) -> str:
    if tag in SPECIAL:
        return str(SPECIAL[tag])
    try:
        return Locale.parse(tag, sep="-").get_display_name(locale_of_page()) or ""
    except (UnknownLocaleError, ValueError):
        return str(Locale.parse(locale_of_page()).languages.get(tag.partition("-")[0], ""))
