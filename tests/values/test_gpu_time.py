import pytest
from hypothesis import given
from hypothesis import strategies as st

from values.gpu_time import (
    GpuTimeError,
    format_gpu_time,
    h100_microseconds,
    parse_hours,
    training_flops,
)


def test_one_h100_hour_is_the_documented_flops():
    assert h100_microseconds(989 * 10**12 * 3600 * 40 // 100) == 3_600_000_000


def test_a_small_block_is_not_rounded_to_nothing():
    flops = training_flops(tokens=20_000, parameters=800_000, layers=4, width=128, sequence=64)
    assert h100_microseconds(flops) == 262


@given(st.integers(0, 10**27), st.integers(0, 10**27))
def test_h100_time_never_invents(a, b):
    assert h100_microseconds(a) + h100_microseconds(b) <= h100_microseconds(a + b)


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0 GPU-h"),
        (420, "420 GPU-µs"),
        (1_500, "1.5 GPU-ms"),
        (12_000_000, "12 GPU-s"),
        (5_400_000_000, "1.5 GPU-h"),
        (3_600_000_000_000, "1,000 GPU-h"),
    ],
)
def test_units_scale(microseconds, text):
    assert format_gpu_time(microseconds) == text


@pytest.mark.parametrize("text", ["", "-1", "0", "nan", "inf", "1e99", "many"])
def test_parse_hours_refuses_with_a_sentence(text):
    with pytest.raises(GpuTimeError) as refusal:
        parse_hours(text)
    assert str(refusal.value).endswith(".")
