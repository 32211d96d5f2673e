"""Updates that are alike, and losses of other data, seen without a replay."""

import pytest
import torch

from tests.training_cluster.memory_platform import MemoryPlatform
from tests.training_cluster.test_reduction import platform_of, reduce_once, rows_of
from training_cluster import screens
from training_cluster.anchoring import Anchor
from training_cluster.block import train_block
from training_cluster.client import ApiError, PlatformAway
from training_cluster.exchange_upload import UploadAnchor
from training_cluster.exchanges import Gathered
from training_cluster.protocol_audit import ACCEPT_LOSS_DIFFERENCE, ALIKE_COSINE
from training_cluster.robust import SPAN
from training_cluster.screens import alike
from training_cluster.spec import RunSpec

SIZE = 2 * SPAN + 77


def copied(update, share):
    """The same update with noise of that share of its norm: another hash, the same work."""
    noise = torch.randn_like(update)
    return update + share * update.norm() / noise.norm() * noise


def test_a_copy_behind_noise_is_found_and_other_work_is_not(tmp_path):
    platform = platform_of()
    first, second = torch.randn(SIZE) * 0.01, torch.randn(SIZE) * 0.01
    platform.arrived[0] = rows_of([first, second, copied(first, 0.1)], platform)
    gathered = UploadAnchor(platform, RunSpec.from_body(platform.spec), SIZE, tmp_path).gather(0, 2.0)
    (pair,) = gathered.alike
    assert pair[:2] == ["lease-0", "lease-2"]
    assert pair[2] == pytest.approx(0.995, abs=0.003)
    assert gathered.seeds == {"lease-0": 0, "lease-1": 1, "lease-2": 2}


def test_a_copy_hidden_by_more_noise_is_no_copy_any_more():
    update = torch.randn(SIZE)
    assert alike({"a": update, "b": copied(update, 0.5)}) == []
    assert ALIKE_COSINE < 1 / (1 + 0.1**2) ** 0.5


def test_reducers_that_share_a_round_tell_what_is_alike(tmp_path):
    platform = platform_of()
    update = torch.randn(SIZE)
    platform.arrived[0] = rows_of([update, torch.randn(SIZE), copied(update, 0.05)], platform)
    platform.register({"index": 0, "theta_sha256": "theta", "duration_seconds": 6})
    platform.plans[0] = {"parts": 2, "size": SIZE, "updates": platform.arrived[0]}
    for part in range(2):
        reduce_once(platform, part)
        assert [pair[:2] for pair in platform.told[-1]["alike"]] == [["lease-0", "lease-2"]]


def test_the_first_loss_is_the_blocks_and_another_seeds_is_not(tmp_path):
    anchor = Anchor(MemoryPlatform(), "a-run", tmp_path)
    theta = anchor.weights.theta.half().float()
    block = train_block(
        anchor.model, theta, anchor.first_losses.shards.of(5), anchor.spec.hyper, seed=5, go_on=lambda done: done < 1
    )
    gathered = Gathered([], torch.zeros_like(theta), seeds={"right": 5, "wrong": 6})
    anchor.pace.last_work = 1e6
    found = anchor.screen(gathered)["first_losses"]
    assert found["right"] == pytest.approx(block.losses[0], abs=1e-5)
    assert found["wrong"] != found["right"]
    assert abs(found["right"] - block.losses[0]) < ACCEPT_LOSS_DIFFERENCE


@pytest.mark.parametrize("trouble", [ApiError(503, "away", "The shard is away."), PlatformAway("No answer.")])
def test_the_looks_take_a_bounded_time_and_a_missing_shard_stops_no_round(tmp_path, monkeypatch, trouble):
    anchor = Anchor(MemoryPlatform(), "a-run", tmp_path)
    seeds = {f"lease-{i}": i for i in range(50)}
    assert len(anchor.first_losses.look(anchor.weights.theta, seeds, 0.0)) == 1
    assert len(anchor.first_losses.look(anchor.weights.theta, seeds, 60.0)) == 50

    def away(_seed):
        raise trouble

    monkeypatch.setattr(anchor.first_losses.shards, "of", away)
    assert anchor.first_losses.look(anchor.weights.theta, seeds, 60.0) == {}


def test_nobody_knows_before_where_is_looked():
    assert not torch.equal(screens.draw_places(SIZE), screens.draw_places(SIZE))
