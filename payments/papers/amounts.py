"""An amount of the ledger in whatever currency the provider settles in, which need not be one that pledges take."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from values.money import CURRENCIES, Money, exponent


def major(minor: int, currency: str) -> Decimal:
    """`minor` units in major ones, exactly."""
    return Decimal(minor).scaleb(-exponent(currency))


@dataclass(frozen=True, slots=True)
class Amount:
    """`minor` units of any ISO currency."""

    minor: int
    currency: str

    @property
    def decimal(self) -> Decimal:
        """In major units."""
        return major(self.minor, self.currency)

    def __str__(self) -> str:
        if self.currency in CURRENCIES:
            return str(Money(self.minor, self.currency))
        return f"{self.currency} {self.decimal:,}"
