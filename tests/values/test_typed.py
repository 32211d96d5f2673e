"""Numbers as people of several languages type them."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from projects.fields import format_hours, format_major
from values.gpu_time import parse_hours
from values.money import Money, MoneyError, parse_money
from values.typed import plain_number


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("en", "1,234.50", "1234.50"), ("en", "1,234", "1234"), ("en", "12,5", "12.5"), ("en", "1.234", "1.234"),
        ("de", "1.234,50", "1234.50"), ("de", "1,234", "1.234"), ("de", "12,5", "12.5"), ("de", "12.5", "12.5"),
        ("fr", "1\u202f234,5", "1234.5"), ("fr", "1 234", "1234"), ("en", "1'234.5", "1234.5"),
        ("de", "1.500", "1500"), ("es", "1.500", "1500"), ("de", "0.125", "0.125"), ("fr", "1.500", "1.500"),
        ("de", "1.234.567", "1234567"), ("en", "1,234,567.8", "1234567.8"), ("en", ".5", "0.5"), ("en", "5.", "5"),
    ],
)  # fmt: skip
def test_a_number_is_read_with_the_signs_of_the_language(language, text, number):
    with translation.override(language):
        assert plain_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "x", "1e5", "-1", "+1", "1,2,3", "1.2,3.4", "12,34.5", "1..2", ",", "٣", "1,234.5.6", "9" * 40]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        plain_number(text)


@given(st.text(alphabet="0123456789.,' ", max_size=12))
def test_what_is_read_has_the_digits_that_were_typed(text):
    try:
        found = plain_number(text)
    except ValueError:
        return
    assert found.replace(".", "").lstrip("0") == "".join(one for one in text if one.isdigit()).lstrip("0")


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
@pytest.mark.parametrize("microseconds", [1, 450_000_000, 7_650_000_000, 3_600_000_000_000, 5_400_000_000_000])
def test_what_a_field_shows_is_read_as_it_was(language, microseconds):
    with translation.override(language):
        assert parse_hours(format_hours(microseconds)) == microseconds
        minor = microseconds % 99_999 or 1
        assert parse_money(format_major(minor, "EUR"), "EUR").minor == minor


def test_money_and_hours_are_typed_with_a_comma():
    with translation.override("de"):
        assert (parse_money("12,50", "EUR"), parse_hours("12,5")) == (Money(1250, "EUR"), 45_000_000_000)
        assert parse_money("1.234,5 ", "EUR") == Money(123_450, "EUR")
    assert parse_hours("12,5") == 45_000_000_000
    assert parse_money("1,000", "EUR") == Money(100_000, "EUR")
    for text in ("1,2,3", "1.000", "1.500"):
        with pytest.raises(MoneyError):
            parse_money(text, "EUR")
