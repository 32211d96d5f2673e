"""Money as integer minor units of an ISO currency.

No float touches an amount. Mixed currencies raise. Exponents come from ISO 4217 through py-moneyed, so yen have no
minor unit from the first day.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency
from django.utils.translation import gettext
from moneyed import get_currency

from values.locales import locale_of_page
from values.typed import plain_number

CURRENCIES = ("EUR", "USD", "GBP", "JPY")
# Above the provider's own limit of 8 digits nothing can be charged, so nothing larger is accepted as input.
MAX_MINOR = 99_999_999


class MoneyError(ValueError):
    """An amount that cannot be used, with a sentence for the person who typed it."""


def exponent(currency: str) -> int:
    """Digits after the decimal point of `currency` (2 for EUR, 0 for JPY)."""
    return len(str(get_currency(currency).sub_unit)) - 1


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`minor` units (cents, pence, yen) of `currency`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise MoneyError(gettext("An amount is a whole number of minor units."))
        if self.currency not in CURRENCIES:
            raise MoneyError(gettext("%(currency)s is not a currency used here.") % {"currency": f"{self.currency!r}"})

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise MoneyError(
                gettext("Cannot combine %(currency)s with %(other)s.")
                % {"currency": self.currency, "other": other.currency}
            )

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exactly."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def split(self, weights: list[int]) -> list[Money]:
        """Shares in proportion to `weights` by largest remainder; they sum to the whole exactly."""
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise MoneyError(gettext("Weights must be non-negative and not all zero."))
        shares = [self.minor * weight // total for weight in weights]
        rest = self.minor - sum(shares)
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(self.minor * weights[i] % total), i))
        for index in by_remainder[:rest]:
            shares[index] += 1
        return [Money(share, self.currency) for share in shares]

    def __str__(self) -> str:
        return format_money(self)


def format_money(money: Money) -> str:
    """`€1,234.50` in the language of the page (`1.234,50 €` in German); whole amounts drop the zeros (`€1,234`)."""
    return _formatted(money, locale_of_page())


@lru_cache(maxsize=8192)  # Tables show the same few amounts over and over, zero most of all.
def _formatted(money: Money, locale: str) -> str:
    whole = money.decimal == money.decimal.to_integral_value()
    pattern = Locale.parse(locale).currency_formats["standard"].pattern.partition(";")[0]
    shape = pattern.replace(".00", "") if whole else pattern
    return str(format_currency(money.decimal, money.currency, format=shape, locale=locale, currency_digits=not whole))


def parse_money(text: str, currency: str) -> Money:
    """Read what a person typed, in major units.

    Raises MoneyError with a sentence that says what was wrong.
    """
    if text.strip().startswith(("-", "\N{MINUS SIGN}")):
        raise MoneyError(gettext("The amount must be more than zero."))
    try:
        whole, _point, rest = plain_number(text).partition(".")
    except ValueError:
        raise MoneyError(
            gettext("Write the amount as a number, for example %(amount)s.")
            % {"amount": Money(50 * 10 ** exponent(currency), currency)}
        ) from None
    # Three digits behind a sign are thousands to some and thousandths to others: never guessed with money.
    fraction = rest.rstrip("0") if len(rest) < 3 else rest
    if len(fraction) > exponent(currency):
        places = exponent(currency)
        raise MoneyError(
            gettext("%(currency)s has %(places)s digits after the point.")
            % {"currency": currency, "places": places or "no"}
        )
    minor = int(whole) * 10 ** exponent(currency)
    minor += int(fraction.ljust(exponent(currency), "0") or 0)
    if minor <= 0:
        raise MoneyError(gettext("The amount must be more than zero."))
    if minor > MAX_MINOR:
        raise MoneyError(gettext("The largest amount is %(largest)s.") % {"largest": Money(MAX_MINOR, currency)})
    return Money(minor, currency)
