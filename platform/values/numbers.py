"""Numbers and shares as the page's language writes them: `1.234`, `42 %`, `42%`, `42 %` with a narrow space."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_decimal, format_percent

from values.locales import locale_of_page


def number_words(value: int) -> str:
    """A whole number, its thousands set apart."""
    return str(format_decimal(value, locale=locale_of_page()))


def decimal_words(value: float | Decimal, digits: int) -> str:
    """With exactly so many digits behind the decimal sign."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(rounded, format=pattern, locale=locale_of_page()))


def percent_words(percent: float | Decimal, *, digits: int = 2) -> str:
    """A share given in percent, with as many of the digits as it has; 100 is the whole."""
    rounded = Decimal(str(percent)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    locale = locale_of_page()
    return str(format_percent(rounded / 100, format=_pattern(locale), locale=locale))


def share_words(basis_points: int) -> str:
    """A share given in basis points; 10,000 are the whole."""
    return percent_words(Decimal(basis_points) / 100)


@lru_cache(maxsize=64)
def _pattern(locale: str) -> str:
    """The language's own, with up to two digits behind its decimal sign."""
    whole: str = Locale.parse(locale).percent_formats[None].pattern
    head, zero, tail = whole.rpartition("0")
    return f"{head}{zero}.##{tail}"
