"""Rounds grow until the exchange takes no more than its declared share, and never below what was declared."""

from dataclasses import replace

import pytest

from training_cluster.pace import LONGEST_SECONDS, Pace
from training_cluster.window import Window


@pytest.fixture
def hyper(spec):
    return replace(spec.hyper, round_seconds=12.0, exchange_seconds=2.0, communication_share=0.1)


def test_a_round_is_as_declared_before_anything_was_measured(hyper):
    pace = Pace(hyper)
    assert (pace.work_seconds(), pace.duration()) == (10.0, 12.0)


def test_communication_ends_at_its_share_and_growth_is_at_most_twofold(hyper):
    pace = Pace(hyper)
    found = []
    for _ in range(8):
        pace.note(5.0)
        found.append(pace.work_seconds())
    assert all(later <= 2 * earlier for earlier, later in zip([10.0, *found], found, strict=False))
    assert 5.0 / (5.0 + found[-1]) == pytest.approx(0.1)


def test_one_slow_exchange_does_not_change_the_length_of_rounds(hyper):
    pace = Pace(hyper, [0.5, 0.5, 0.5, 0.5])
    pace.note(300.0)
    assert pace.work_seconds() == 10.0


def test_quick_exchanges_keep_the_declared_length_and_nothing_lasts_longer_than_a_day(hyper):
    pace = Pace(hyper, [0.01] * 5)
    assert pace.work_seconds() == 10.0
    slow = Pace(hyper, [90_000.0] * 5)
    slow.last_work = LONGEST_SECONDS
    assert slow.work_seconds() == LONGEST_SECONDS


def test_fetching_weights_is_communication_too(hyper):
    pace = Pace(hyper, [2.0] * 5)
    pace.fetch_seconds = 3.0
    for _ in range(6):
        work = pace.work_seconds()
    assert pace.communication == 5.0
    # Machines train for what is left of the work after they have fetched.
    assert (2.0 + 3.0) / (2.0 + work) == pytest.approx(0.1)


def test_the_window_follows_what_arrives_late_and_goes_back(hyper):
    window = Window(hyper.exchange_seconds)
    window.note(None)
    assert window.seconds == 2.0
    found = []
    for _ in range(4):
        window.note(8.0)
        found.append(window.seconds)
    assert found == [4.0, 8.0, 10.0, 10.0]
    window.note(1e6)
    window.note(1e6)
    assert window.seconds == 20.0
    window.note(0.5)
    assert window.seconds == 2.0
