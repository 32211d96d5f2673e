"""Which merges stay: relative to the best of the rounds before, whatever the loss's size."""

import math

import pytest

from training_cluster.gate import REMEMBERED, Gate


@pytest.mark.parametrize("size", [5.0, 0.02, 1e-4])
def test_a_rise_is_measured_by_the_loss_itself(size):
    gate = Gate([size])
    assert gate.lets_pass(size * 1.09)
    assert not gate.lets_pass(size * 1.2)
    assert not gate.lets_pass(math.nan)
    assert not gate.lets_pass(math.inf)


def test_poison_in_small_steps_is_stopped():
    gate, loss, refused = Gate([3.0]), 3.0, 0
    for _ in range(40):
        worse = loss * 1.03
        if gate.lets_pass(worse):
            loss = worse
        else:
            refused += 1
        gate.note(loss)
    assert loss < 3.0 * 1.1
    assert refused > 35


def test_what_lies_far_back_is_forgotten():
    gate = Gate([1.0])
    for _ in range(REMEMBERED):
        gate.note(2.0)
    assert gate.limit == pytest.approx(2.2)


def test_nothing_measured_lets_anything_finite_pass():
    assert Gate().lets_pass(9.0)
