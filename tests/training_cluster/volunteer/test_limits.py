"""The owner's limits: typed, kept, refused when they cannot be."""

from datetime import UTC, datetime

import pytest

from training_cluster.volunteer.hours import WEEK_HOURS, hours_text, is_allowed, parse_hours
from training_cluster.volunteer.limits import LimitProblem, Limits, load_limits, save_limits


@pytest.mark.parametrize(("text", "hours"), [
    ("always", 168), ("Mon 0-24", 24), ("Mon-Fri 20-8", 60), ("Sat-Sun 0-24", 48), ("Fri-Mon 1:00-2:00", 4),
    ("Sun 22-4", 6), ("Mon-Fri 20-8, Sat-Sun", 100), ("Sun", 24),
])  # fmt: skip
def test_hours_are_read(text, hours):
    assert parse_hours(text).count("1") == hours


def test_a_span_over_midnight_goes_on_into_the_next_day_and_sunday_into_monday():
    hours = parse_hours("Sun 22-4")
    assert is_allowed(hours, datetime(2026, 11, 22, 23, tzinfo=UTC))
    assert is_allowed(hours, datetime(2026, 11, 23, 3, 59, tzinfo=UTC))
    assert not is_allowed(hours, datetime(2026, 11, 23, 4, tzinfo=UTC))


@pytest.mark.parametrize("text", ["always", "Mon 9-17", "Mon-Fri 20-8, Sat-Sun 0-24", "Wed 3-4, Wed 6-9"])
def test_hours_in_words_are_the_same_hours(text):
    hours = parse_hours(text)
    assert parse_hours(hours_text(hours)) == hours


@pytest.mark.parametrize("text", ["", "Mon 9", "Mon 9-9", "Mon 25-26", "Moo 1-2", "Mon 1-2; Tue 3-4"])
def test_what_names_no_hours_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"Write for example|Days are"):
        parse_hours(text)


def test_limits_are_kept_and_read_again(tmp_path):
    limits = Limits().with_text("temperature-c", "80").with_text("only-idle", "yes").with_text("up-mbit", "2.5")
    save_limits(tmp_path, limits)
    assert load_limits(tmp_path) == limits
    assert limits.with_text("temperature-c", "none").temperature_c is None
    assert dict(limits.words())["temperature-c"] == "80 °C"


@pytest.mark.parametrize(("name", "text", "says"), [
    ("colour", "red", "There is no limit 'colour'"), ("temperature-c", "800", "between 40 and 110"),
    ("power-watts", "much", "is a number of watts"), ("only-idle", "maybe", "yes or no"),
    ("hours", "Mon 9", "Write for example"),
    ("disk-gib", "none", "is a number of GiB"),
])  # fmt: skip
def test_a_limit_that_cannot_be_is_refused_in_words(name, text, says):
    with pytest.raises(LimitProblem, match=says):
        Limits().with_text(name, text)


def test_a_broken_file_is_told_and_never_replaced_by_defaults(tmp_path):
    (tmp_path / "limits.json").write_text('{"temprature": 80}')
    with pytest.raises(LimitProblem, match="cannot be understood"):
        load_limits(tmp_path)


def test_a_week_has_its_hours():
    assert len(Limits().hours) == WEEK_HOURS
