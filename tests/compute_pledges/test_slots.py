"""Hours of the week: words and numbers agree; clock changes are neither counted twice nor lost."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute_pledges.schedule.free_time import seconds_in, slot_at, slot_seconds
from compute_pledges.schedule.slots import EVERY_HOUR, ScheduleError, grid_rows, hours_in_words, parse_hours_of_week


@given(st.sets(st.integers(0, 167), min_size=1))
def test_words_and_numbers_are_the_same_hours(slots):
    assert parse_hours_of_week(hours_in_words(slots)) == slots


@pytest.mark.parametrize(
    ("text", "hours", "back"),
    [
        ("Mon-Fri 18-24; Sat, Sun 0-24", 5 * 6 + 48, "Mon-Fri 18-24; Sat-Sun 0-24"),
        ("monday 22-6", 8, "Mon 22-24; Tue 0-6"),
        ("sun 22:00-2:00", 4, "Mon 0-2; Sun 22-24"),
        ("Sat\u2013Mon 8-9", 3, "Mon, Sat-Sun 8-9"),
    ],
)
def test_hours_are_read_as_people_write_them(text, hours, back):
    slots = parse_hours_of_week(text)
    assert (len(slots), hours_in_words(slots)) == (hours, back)


@pytest.mark.parametrize("text", ["", "18-24", "Mon", "Foo 1-2", "Mon 25-26", "Mon 3-3", "Mon x"])
def test_what_cannot_be_read_is_refused_with_words(text):
    with pytest.raises(ScheduleError):
        parse_hours_of_week(text)


def test_a_week_without_a_clock_change_has_an_hour_for_each_slot():
    start = datetime(2026, 6, 1, tzinfo=UTC)
    assert slot_seconds("Asia/Kolkata", start, start + timedelta(days=7)) == (3600,) * 168


@pytest.mark.parametrize(
    ("day", "slot", "seconds"),
    [(datetime(2026, 3, 29, tzinfo=UTC), 6 * 24 + 2, 0), (datetime(2026, 10, 25, tzinfo=UTC), 6 * 24 + 2, 7200)],
)
def test_a_skipped_hour_gives_nothing_and_a_repeated_one_twice(day, slot, seconds):
    start = (day - timedelta(days=3)).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    end = (start + timedelta(days=7)).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    all_seconds = slot_seconds("Europe/Berlin", start, end)
    assert all_seconds[slot] == seconds
    assert sum(all_seconds) == int((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds())


@given(
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]),
    st.integers(0, 335 * 86_400),
    st.integers(0, 20 * 86_400),
)
def test_every_second_belongs_to_one_slot(zone, after, length):
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=after)
    end = start + timedelta(seconds=length)
    assert seconds_in(EVERY_HOUR, zone, start, end) == length
    if length:
        assert slot_seconds(zone, start, end)[slot_at(zone, start)] > 0


def test_the_grid_has_seven_days_of_24_hours():
    rows = grid_rows({0, 167})
    assert [len(rows), len(rows[0][1])] == [24, 7]
    assert [cell for _, row in rows for cell in row if cell[2]] == [(0, "Mon 0-1", True), (167, "Sun 23-24", True)]
