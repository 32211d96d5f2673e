"""Natural languages of data as BCP 47 tags: kept as `en, pt-BR`, read as "English, Portuguese (Brazil)"."""

from __future__ import annotations

import re

from babel import Locale, UnknownLocaleError

MOST_LANGUAGES = 20
TAG = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
# Codes that name no one language.
SPECIAL = {"mul": "many languages", "und": "language not known", "zxx": "no language, such as code or images"}


class LanguageError(ValueError):
    """What was typed names no language."""


def parse_languages(text: str) -> str:
    """Tags in their usual spelling, each once, joined by ", ". Raises LanguageError."""
    tags = [_tag(part.strip()) for part in text.split(",") if part.strip()]
    if len(tags) > MOST_LANGUAGES:
        raise LanguageError(f"Name at most {MOST_LANGUAGES} languages, or write mul for many.")
    return ", ".join(dict.fromkeys(tags))


def language_words(tags: str) -> str:
    """The tags in English; empty for none."""
    return ", ".join(_words(tag) for tag in tags.split(", ") if tag)


def _tag(text: str) -> str:
    if not TAG.fullmatch(text) or not _words(text.lower()):
        raise LanguageError(
            f"“{text[:40]}” is no language tag. Write en, de or pt-BR, several with commas between; mul for many, "
            f"zxx for none, und where it is not known."
        )
    first, *others = text.split("-")
    return "-".join([first.lower(), *(part.title() if len(part) == 4 else part.upper() for part in others)])


def _words(tag: str) -> str:
    if tag in SPECIAL:
        return SPECIAL[tag]
    try:
        return Locale.parse(tag, sep="-").get_display_name("en") or ""
    except (UnknownLocaleError, ValueError):
        return str(Locale("en").languages.get(tag.partition("-")[0], ""))
