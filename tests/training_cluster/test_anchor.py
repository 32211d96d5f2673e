"""The anchor's own decisions: what it merges, takes back, tells the platform, and how it goes on after a crash."""

from dataclasses import replace

import pytest
import torch

from tests.training_cluster.memory_platform import MemoryPlatform
from training_cluster.anchor import Anchor
from training_cluster.block import train_block
from training_cluster.exchange import Sent
from training_cluster.model import encode
from training_cluster.weights import Checkpoint, Weights

PEER = Sent("peer", 20.0, "hash")
BOUND = {"peer": {"lease_id": "a-lease", "device_id": "a-device", "max_steps": 400}}


class Average:
    """An averager whose next round brings `update`."""

    def __init__(self, update):
        self.update = update

    def take(self):
        return self.update


class Nobody:
    """No peer holds a lease."""

    def peers(self):
        return {}


@pytest.fixture
def platform():
    return MemoryPlatform()


def make_anchor(platform, folder):
    return Anchor(platform, "a-run", folder, "/ip4/127.0.0.1/tcp/0")


def good_update(anchor):
    tokens = anchor.held_out
    theta = anchor.weights.theta.clone()
    return train_block(anchor.model, theta, tokens, anchor.spec.hyper, seed=1, go_on=lambda done: done < 20).update


def test_a_good_average_is_kept_and_lowers_the_held_out_loss(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    before = anchor.loss
    anchor.averager = Average(good_update(anchor))
    rows, is_rolled_back = anchor.accept([PEER], BOUND)
    assert rows == [{"peer_id": "peer", "lease_id": "a-lease", "weight": 20.0, "update_sha256": "hash"}]
    assert not is_rolled_back
    assert anchor.loss < before - 0.3


@pytest.mark.parametrize("scale", [1.0, float("nan")])
def test_an_average_that_makes_the_loss_jump_is_taken_back(platform, tmp_path, scale):
    anchor = make_anchor(platform, tmp_path)
    theta, loss = anchor.weights.theta.clone(), anchor.loss
    anchor.averager = Average(torch.randn_like(theta) * scale)
    _, is_rolled_back = anchor.accept([PEER], BOUND)
    assert is_rolled_back
    assert torch.equal(anchor.weights.theta, theta)
    assert torch.count_nonzero(anchor.weights.momentum) == 0
    assert anchor.loss == loss == anchor.measure()


def test_a_round_without_volunteers_changes_nothing(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    theta = anchor.weights.theta.clone()
    assert anchor.accept(anchor.merge({}), {}) == ([], False)
    assert torch.equal(anchor.weights.theta, theta)


def test_a_round_that_nobody_leased_is_kept_open_and_one_that_was_given_up_is_closed(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    anchor.spec = replace(anchor.spec, hyper=replace(anchor.spec.hyper, round_seconds=0.2, exchange_seconds=0.1))
    anchor.admission = Nobody()
    anchor.round()
    anchor.round()
    assert (anchor.index, len(platform.rounds), platform.closes) == (0, 1, {})
    platform.leased.add(0)
    anchor.round()
    assert anchor.index == 1
    assert platform.closes[0]["contributions"] == []


def test_what_was_merged_before_a_crash_is_told_after_it(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    platform.post("/rounds", {"index": 0, "theta_sha256": "theta"})
    anchor.averager = Average(good_update(anchor))
    closing = anchor.closing(*anchor.accept([PEER], BOUND)[:1], is_rolled_back=False)
    anchor.weights.save(Checkpoint(1, anchor.loss, closing))

    restarted = make_anchor(platform, tmp_path)
    restarted.resume()
    assert platform.closes == {0: closing}
    assert (restarted.index, restarted.loss) == (1, anchor.loss)
    assert torch.equal(restarted.weights.theta, anchor.weights.theta)
    assert torch.equal(restarted.weights.momentum, anchor.weights.momentum)


def test_a_round_that_a_crash_cut_short_is_closed_empty(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    anchor.weights.save(Checkpoint(0, anchor.loss))
    platform.post("/rounds", {"index": 0, "theta_sha256": "theta"})
    restarted = make_anchor(platform, tmp_path)
    restarted.resume()
    assert platform.closes[0]["contributions"] == []
    assert restarted.index == 1


def test_an_anchor_that_lost_its_folder_goes_on_from_the_published_weights(platform, tmp_path):
    theta = torch.randn_like(make_anchor(platform, tmp_path / "old").weights.theta)
    sha256 = platform.put_blob(encode(theta))
    platform.post("/rounds", {"index": 0, "theta_sha256": sha256})
    platform.post("/rounds/0/close", {})
    restarted = make_anchor(platform, tmp_path / "new")
    restarted.resume()
    assert torch.equal(restarted.weights.theta, theta.half().float())
    assert restarted.index == 1


def test_the_outer_step_is_nesterovs(spec, tmp_path):
    weights = Weights(spec.hyper, torch.zeros(2), tmp_path / "weights")
    reference = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.SGD([reference], lr=spec.hyper.outer_lr, momentum=spec.hyper.outer_momentum, nesterov=True)
    for update in (torch.tensor([1.0, -2.0]), torch.tensor([0.5, 0.5]), torch.tensor([-1.0, 3.0])):
        weights.step(update)
        reference.grad = update
        optimizer.step()
    assert torch.allclose(weights.theta, reference.detach())
