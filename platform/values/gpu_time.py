"""GPU time as integer microseconds, and the H100-equivalent that makes machines comparable.

H100-equivalent time is verified FLOPs divided by what an H100 does at 40 % of its dense BF16 peak of 989 TFLOP/s
(NVIDIA H100 SXM data sheet). Device time and H100-equivalent time are never blended into one figure.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from babel.numbers import format_decimal
from django.utils.translation import gettext

from values.locales import locale_of_page
from values.numbers import number_words
from values.typed import plain_number

MICROSECONDS_PER_HOUR = 3_600_000_000
H100_PEAK_FLOPS_PER_SECOND = 989 * 10**12
MODEL_FLOPS_UTILIZATION_PERCENT = 40
H100_EQUIVALENT_FLOPS_PER_SECOND = H100_PEAK_FLOPS_PER_SECOND * MODEL_FLOPS_UTILIZATION_PERCENT // 100

_UNITS = (
    (MICROSECONDS_PER_HOUR, "GPU-h"),
    (60_000_000, "GPU-min"),
    (1_000_000, "GPU-s"),
    (1_000, "GPU-ms"),
    (1, "GPU-µs"),
)


class GpuTimeError(ValueError):
    """Hours that cannot be used, with a sentence for the person who typed them."""


def training_flops(*, tokens: int, parameters: int, layers: int, width: int, sequence: int) -> int:
    """FLOPs of a forward and backward pass over `tokens`: tokens x (6N + 12 x layers x width x sequence)."""
    return tokens * (6 * parameters + 12 * layers * width * sequence)


def h100_microseconds(flops: int) -> int:
    """H100-equivalent microseconds of `flops`, rounded down so that nothing is invented."""
    return flops * 1_000_000 // H100_EQUIVALENT_FLOPS_PER_SECOND


def hours_to_microseconds(hours: Decimal) -> int:
    """Whole microseconds of `hours`."""
    return int((hours * MICROSECONDS_PER_HOUR).to_integral_value(ROUND_HALF_EVEN))


def parse_hours(text: str, *, maximum_hours: int = 1_000_000) -> int:
    """Microseconds of the hours a person typed. Raises GpuTimeError with a sentence."""
    if text.strip().startswith(("-", "\N{MINUS SIGN}")):
        raise GpuTimeError(gettext("The hours must be more than zero."))
    try:
        hours = Decimal(plain_number(text))
    except ValueError:
        raise GpuTimeError(gettext("Write the hours as a number, for example 12 or 0.5.")) from None
    if hours <= 0:
        raise GpuTimeError(gettext("The hours must be more than zero."))
    if hours > maximum_hours:
        raise GpuTimeError(
            gettext("The largest pledge is %(maximum_hours)s hours.") % {"maximum_hours": number_words(maximum_hours)}
        )
    microseconds = hours_to_microseconds(hours)
    if microseconds == 0:
        raise GpuTimeError(gettext("That is less than a microsecond."))
    return microseconds


def format_gpu_time(microseconds: int) -> str:
    """In the largest unit that leaves at least one: `1.5 GPU-h`, `12 GPU-s`, `420 GPU-µs`; none is `0 GPU-h`."""
    return _formatted(microseconds, locale_of_page())


@lru_cache(maxsize=8192)
def _formatted(microseconds: int, locale: str) -> str:
    size = abs(microseconds)
    unit, name = next(((u, n) for u, n in _UNITS if size >= u), _UNITS[-1] if size else _UNITS[0])
    value = Decimal(microseconds) / unit
    digits = 0 if abs(value) >= 100 or unit == 1 else 1 if abs(value) >= 10 else 2
    # Rounded here, half to even: Babel's own rounding follows the caller's decimal context.
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    return f"{format_decimal(rounded, format='#,##0.##', locale=locale)} {name}"
