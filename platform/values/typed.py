"""Numbers as people type them, with the signs of their language: `1,234.5`, `1.234,5`, `1 234,5`, `12,5`."""

from __future__ import annotations

import re

from babel.numbers import get_decimal_symbol, get_group_symbol

from values.locales import locale_of_page

# Spaces of every width, and the marks that Switzerland sets thousands apart with.
_SPACES = str.maketrans("", "", " \t\xa0\u2007\u2009\u202f'\u2019")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+")
LONGEST = 30


def plain_number(text: str) -> str:
    """`1234.5` of what was typed. Raises ValueError for what is no number without a sign.

    Two kinds of signs: the last is the decimal one. One that stands several times sets thousands apart. A single one
    is decimal, but where the page's language sets thousands apart with it and three digits follow: `1.500` is one and
    a half in English and fifteen hundred in German.
    """
    cleaned = text.translate(_SPACES)
    if not cleaned.isascii() or not re.fullmatch(r"[\d.,]*\d[\d.,]*", cleaned) or len(cleaned) > LONGEST:
        raise ValueError(text)
    whole, fraction = _parts(cleaned)
    grouping = {sign for sign in whole if not sign.isdigit()}
    if len(grouping) > 1 or (grouping and not _GROUPED.fullmatch(whole)) or not (fraction or "0").isdigit():
        raise ValueError(text)
    digits = "".join(letter for letter in whole if letter.isdigit()) or "0"
    return f"{digits}.{fraction}" if fraction else digits


def as_typed(plain: str) -> str:
    """A plain number with the decimal sign of the page's language: what a field shows so that it is read the same."""
    return plain.replace(".", get_decimal_symbol(locale_of_page()))


def _parts(cleaned: str) -> tuple[str, str]:
    """Before and behind the decimal sign."""
    last = max(cleaned.rfind("."), cleaned.rfind(","))
    if last < 0:
        return cleaned, ""
    sign = cleaned[last]
    is_thousands = sign == get_group_symbol(locale_of_page()) and _GROUPED.fullmatch(cleaned)
    if cleaned.count(sign) > 1 or is_thousands:
        return cleaned, ""
    return cleaned[:last], cleaned[last + 1 :]
