"""Averages that one liar does not move."""

import pytest
import torch

from training_cluster.robust import SPAN, Collector, Robust

HONEST = [torch.tensor([1.0, -2.0, 3.0]) + shift for shift in (-0.1, 0.0, 0.1)]
POISON = torch.tensor([1e6, 1e6, -1e6])


def test_a_mean_is_weighted_by_steps():
    average = Robust("mean").reduce([torch.tensor([1.0]), torch.tensor([4.0])], [2.0, 1.0])
    assert average == torch.tensor([2.0])


@pytest.mark.parametrize("robust", [Robust("median"), Robust("trimmed_mean"), Robust("trimmed_mean", 5.0)])
def test_poison_does_not_move_a_robust_average(robust):
    rows = [*HONEST, POISON]
    average = robust.reduce(rows, [20.0] * 4)
    assert (average - HONEST[1]).abs().max() <= 0.11
    assert (Robust("mean").reduce(rows, [20.0] * 4) - HONEST[1]).abs().max() > 1e5


def test_a_clipped_mean_bounds_what_one_sender_moves():
    average = Robust("mean", 2.0).reduce([*HONEST, POISON], [20.0] * 4)
    assert average.norm() <= 2 * HONEST[1].norm()


def test_inflated_weight_buys_no_majority_in_a_trimmed_mean():
    average = Robust("trimmed_mean").reduce([*HONEST, POISON], [20.0, 20.0, 20.0, 400.0])
    assert (average - HONEST[1]).abs().max() <= 0.11


def test_senders_without_weight_do_not_count_and_nobody_gives_nothing():
    assert torch.equal(Robust("median").reduce([HONEST[0], POISON], [1.0, 0.0]), HONEST[0])
    assert torch.equal(Robust("mean").reduce([POISON], [0.0]), torch.zeros(3))


@pytest.mark.parametrize("name", ["mean", "median", "trimmed_mean"])
def test_sharing_the_coordinates_changes_nothing(name):
    rows, robust = [torch.randn(2 * SPAN + 7) for _ in range(5)], Robust(name, 3.0)
    weights = [1.0, 2.0, 3.0, 4.0, 5.0]
    whole = robust.reduce(rows, weights)
    parts = [robust.reduce([row[a:b] for row in rows], weights) for a, b in ((0, SPAN), (SPAN, 2 * SPAN + 7))]
    assert torch.equal(whole, torch.cat(parts))


def test_the_collector_stands_where_sums_stood():
    collector = Collector(Robust("median"), torch.Size([3, 1]))
    for row in (*HONEST, POISON, -POISON):
        collector.add_(row.view(3, 1), 20.0)
    assert torch.allclose(collector.div_(100.0), HONEST[1].view(3, 1), atol=0.11)
    assert torch.equal(Collector(Robust(), torch.Size([2])).div_(0.0), torch.zeros(2))
