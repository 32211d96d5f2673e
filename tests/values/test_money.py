import pytest
from hypothesis import given
from hypothesis import strategies as st

from values.money import CURRENCIES, MAX_MINOR, Money, MoneyError, format_money, parse_money

currencies = st.sampled_from(CURRENCIES)
amounts = st.integers(-(10**12), 10**12)


@given(amounts, amounts, currencies)
def test_addition_and_subtraction_are_inverse(a, b, currency):
    assert Money(a, currency) + Money(b, currency) - Money(b, currency) == Money(a, currency)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any), currencies)
def test_split_sums_to_the_whole_and_is_within_one_unit(minor, weights, currency):
    shares = Money(minor, currency).split(weights)
    assert sum(share.minor for share in shares) == minor
    for share, weight in zip(shares, weights, strict=True):
        assert 0 <= share.minor - minor * weight // sum(weights) <= 1


def test_mixed_currencies_raise():
    with pytest.raises(MoneyError, match="Cannot combine EUR with JPY"):
        Money(1, "EUR") + Money(1, "JPY")


def test_floats_are_refused():
    with pytest.raises(MoneyError):
        Money(1.5, "EUR")


@given(st.integers(1, MAX_MINOR), currencies)
def test_what_is_formatted_is_read_back(minor, currency):
    money = Money(minor, currency)
    digits = "".join(c for c in format_money(money) if c.isdigit() or c in ",.")
    assert parse_money(digits, currency) == money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("50", "EUR", 5000), ("1,234.50", "USD", 123450), ("0.01", "GBP", 1), ("5000", "JPY", 5000), ("5.0", "JPY", 5)],
)
def test_parse_money_reads_what_people_type(text, currency, minor):
    assert parse_money(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "-5", "0", "1e5", "NaN", "12.345", "1,2,3", "999999999999", "٣", "<b>"])
def test_parse_money_refuses_with_a_sentence(text):
    with pytest.raises(MoneyError) as refusal:
        parse_money(text, "EUR")
    assert str(refusal.value).endswith(".")
