"""Where something can be sent: countries by ISO 3166, named by CLDR in the language that is spoken."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from babel import Locale
from django.utils.translation import get_language

# Regions of CLDR that are no country: groups, and codes for private use or tests.
_NOT = frozenset({"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"})


def countries() -> list[tuple[str, str]]:
    """(code, name), by name as its readers sort."""
    return _named(get_language() or "en")


def country_name(code: str) -> str:
    """What the country is called; a code without a name as it is."""
    return dict(countries()).get(code, code)


@lru_cache(maxsize=8)
def _named(language: str) -> list[tuple[str, str]]:
    names = Locale.parse(language, sep="-").territories
    found = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in _NOT]
    return sorted(found, key=lambda country: _plain(country[1]))


def _plain(name: str) -> str:
    """Without marks, so that what begins with one stands where it is looked for."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign)).casefold()
