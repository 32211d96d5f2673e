"""Numbers and shares as each language writes them."""

from decimal import Decimal

import pytest
from django.utils import translation

from values.numbers import decimal_words, number_words, percent_words, share_words

NBSP, NARROW = "\xa0", "\u202f"


@pytest.mark.parametrize(
    ("language", "share", "half", "number", "decimal"),
    [
        ("en", "42%", "12.5%", "1,234,567", "1,234.50"),
        ("de", f"42{NBSP}%", f"12,5{NBSP}%", "1.234.567", "1.234,50"),
        ("es", f"42{NBSP}%", f"12,5{NBSP}%", "1.234.567", "1.234,50"),
        ("fr", f"42{NBSP}%", f"12,5{NBSP}%", f"1{NARROW}234{NARROW}567", f"1{NARROW}234,50"),
    ],
)
def test_figures_are_written_as_the_page_speaks(language, share, half, number, decimal):
    with translation.override(language):
        assert (percent_words(42), share_words(1250)) == (share, half)
        assert (number_words(1_234_567), decimal_words(1234.5, 2)) == (number, decimal)


def test_a_share_has_the_digits_that_it_has():
    found = [percent_words(value) for value in (0, 100, Decimal("33.333"), 0.1 + 0.2, 1250)]
    assert found == ["0%", "100%", "33.33%", "0.3%", "1,250%"]
    assert (percent_words(99.9, digits=0), decimal_words(2.0, 0)) == ("100%", "2")
