"""The anchor's own decisions: what it merges, takes back, tells the platform, and how it goes on after a crash."""

import time
from statistics import median

import pytest
import torch

from tests.training_cluster.memory_platform import MemoryPlatform
from training_cluster.anchoring import LARGEST, STATE_EVERY, Anchor
from training_cluster.block import train_block
from training_cluster.client import ApiError
from training_cluster.exchanges import AnchorExchange, Gathered
from training_cluster.model import encode
from training_cluster.weights import Checkpoint, Weights

ROW = {"peer_id": "peer", "lease_id": "a-lease", "weight": 20.0, "update_sha256": "hash"}


class Brings(AnchorExchange):
    """An exchange whose rounds bring `update`, after `seconds`."""

    def __init__(self, update=None, *, bound=True, seconds=0.0):
        self.update, self.bound, self.seconds = update, bound, seconds

    def peers(self):
        return {"peer": {"lease_id": "a-lease"}} if self.bound else {}

    adapts = True

    def gather(self, _index, seconds):
        self.waited = seconds
        time.sleep(self.seconds)
        return Gathered([ROW], self.update) if self.update is not None else Gathered()

    def close(self):
        """Nothing is open."""


@pytest.fixture
def platform():
    return MemoryPlatform()


def make_anchor(platform, folder):
    return Anchor(platform, "a-run", folder)


def good_update(anchor):
    tokens = anchor.held_out
    theta = anchor.weights.theta.clone()
    return train_block(anchor.model, theta, tokens, anchor.spec.hyper, seed=1, go_on=lambda done: done < 20).update


def test_a_good_average_is_kept_and_lowers_the_held_out_loss(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    before = anchor.loss
    anchor.exchange = Brings(good_update(anchor))
    anchor.round()
    assert platform.closes[0]["contributions"] == [ROW]
    assert not platform.closes[0]["rolled_back"]
    assert platform.closes[0]["held_out_loss"] == anchor.loss < before - 0.3


@pytest.mark.parametrize("scale", [1.0, float("nan")])
def test_an_average_that_makes_the_loss_jump_is_taken_back(platform, tmp_path, scale):
    anchor = make_anchor(platform, tmp_path)
    theta, loss = anchor.weights.theta.clone(), anchor.loss
    anchor.exchange = Brings(torch.randn_like(theta) * scale)
    anchor.round()
    told = platform.closes[0]
    assert told["rolled_back"]
    assert told["rejected_loss"] == LARGEST if scale != 1.0 else loss * 1.1 < told["rejected_loss"] < LARGEST
    assert torch.equal(anchor.weights.theta, theta)
    assert torch.count_nonzero(anchor.weights.momentum) == 0
    assert told["held_out_loss"] == anchor.loss == loss == anchor.measure()


def test_a_round_without_volunteers_changes_nothing(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    theta = anchor.weights.theta.clone()
    assert not anchor.accept(Gathered())
    assert torch.equal(anchor.weights.theta, theta)


def test_a_round_that_nobody_leased_is_kept_open_and_one_that_was_given_up_is_closed(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    anchor.exchange = Brings(bound=False)
    anchor.round()
    anchor.round()
    assert (anchor.index, len(platform.rounds), platform.closes) == (0, 1, {})
    platform.leased.add(0)
    anchor.round()
    assert anchor.index == 1
    assert platform.closes[0]["contributions"] == []


def test_what_was_merged_before_a_crash_is_told_after_it(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    platform.register({"index": 0, "theta_sha256": "theta", "duration_seconds": 6})
    gathered = Gathered([ROW], good_update(anchor))
    closing = anchor.closing(gathered.contributions, is_rolled_back=anchor.accept(gathered))
    anchor.weights.save(Checkpoint(1, anchor.loss, closing))

    restarted = make_anchor(platform, tmp_path)
    restarted.resume()
    assert platform.closes == {0: closing}
    assert (restarted.index, restarted.loss) == (1, anchor.loss)
    assert torch.equal(restarted.weights.theta, anchor.weights.theta)
    assert torch.equal(restarted.weights.momentum, anchor.weights.momentum)


@pytest.mark.parametrize(("exchange", "index"), [("hivemind", 1), ("upload", 0)])
def test_a_round_that_a_crash_cut_short_is_gathered_again_where_that_is_possible(tmp_path, exchange, index):
    platform = MemoryPlatform()
    platform.spec["hyper"] = {**platform.spec["hyper"], "exchange": exchange}
    anchor = make_anchor(platform, tmp_path)
    anchor.weights.save(Checkpoint(0, anchor.loss))
    platform.register({"index": 0, "theta_sha256": "theta", "duration_seconds": 6})
    restarted = make_anchor(platform, tmp_path)
    restarted.resume()
    assert restarted.index == index
    assert [close["contributions"] for close in platform.closes.values()] == [[]] * index


def test_an_anchor_that_lost_its_folder_goes_on_from_the_published_weights(platform, tmp_path):
    theta = torch.randn_like(make_anchor(platform, tmp_path / "old").weights.theta)
    sha256 = platform.put_blob(encode(theta))
    platform.register({"index": 0, "theta_sha256": sha256, "duration_seconds": 6})
    platform.post("/rounds/0/close", {})
    restarted = make_anchor(platform, tmp_path / "new")
    restarted.resume()
    assert torch.equal(restarted.weights.theta, theta.half().float())
    assert restarted.index == 1


def test_an_anchor_that_lost_its_folder_goes_on_exactly_where_the_platform_keeps_its_state(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path / "old")
    anchor.weights.step(good_update(anchor))
    anchor.measure()
    platform.register({"index": 0, "theta_sha256": "theta", "duration_seconds": 6})
    platform.post("/rounds/0/close", {})
    state = platform.put_blob(anchor.weights.state(Checkpoint(1, anchor.loss)))
    platform.checkpoint = {"next_round": 1, "sha256": state}
    restarted = make_anchor(platform, tmp_path / "new")
    restarted.resume()
    assert torch.equal(restarted.weights.theta, anchor.weights.theta)
    assert torch.equal(restarted.weights.momentum, anchor.weights.momentum)


def test_a_checkpoint_whose_bytes_changed_is_not_used(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    anchor.weights.save(Checkpoint(4, anchor.loss))
    assert anchor.weights.load() == Checkpoint(4, anchor.loss)
    file = tmp_path / "anchor.safetensors.0"
    damaged = bytearray(file.read_bytes())
    damaged[-1] ^= 1
    file.write_bytes(damaged)
    assert anchor.weights.load() is None


def test_rounds_grow_until_communication_takes_its_share(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    anchor.exchange = Brings(torch.zeros_like(anchor.weights.theta), seconds=0.9)
    for _ in range(6):
        anchor.round()
    told, exchange = platform.communication[1:], 2.0
    assert platform.durations[0] == 6.0
    assert min(told) >= 0.9
    waiting, work = median(told), platform.durations[-1] - exchange
    assert waiting / (waiting + work) == pytest.approx(0.1, rel=1e-6)


def test_settings_that_change_within_a_round_end_the_anchors_turn(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    opened = anchor.spec.sha256

    class Changes(Brings):
        def gather(self, index, seconds):
            platform.spec = platform.spec | {"hyper": platform.spec["hyper"] | {"inner_lr": 0.001}}
            return super().gather(index, seconds)

    anchor.exchange = Changes(torch.zeros_like(anchor.weights.theta))
    anchor.run()
    assert (anchor.index, platform.specs_of_rounds) == (1, [opened])
    assert not platform.stopping.is_set()
    assert make_anchor(platform, tmp_path).spec.hyper.inner_lr == 0.001


def test_the_outer_step_is_nesterovs(spec, tmp_path):
    weights = Weights(spec.hyper, torch.zeros(2), tmp_path / "weights")
    reference = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.SGD([reference], lr=spec.hyper.outer_lr, momentum=spec.hyper.outer_momentum, nesterov=True)
    for update in (torch.tensor([1.0, -2.0]), torch.tensor([0.5, 0.5]), torch.tensor([-1.0, 3.0])):
        weights.step(update)
        reference.grad = update
        optimizer.step()
    assert torch.allclose(weights.theta, reference.detach())


def test_rounds_in_which_every_update_is_late_grow_too(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)

    class Late(Brings):
        adapts = True

        def gather(self, index, seconds):
            time.sleep(0.5)
            return Gathered(is_owed=True)

    anchor.exchange = Late()
    platform.timing = {"arrival_seconds": 3.0, "fetch_seconds": 0.25}
    for _ in range(4):
        anchor.heed(platform.get("a-run"))
        anchor.round()
    assert platform.windows == [3.75] * 4
    assert platform.communication[1] >= 0.75
    assert platform.durations[-1] > platform.durations[0] + 2


def test_a_platform_that_refuses_the_state_stops_no_run(platform, tmp_path, monkeypatch):
    anchor = make_anchor(platform, tmp_path)
    anchor.index = STATE_EVERY - 1
    platform.rounds = ["theta"] * anchor.index
    anchor.exchange = Brings(good_update(anchor))
    real = platform.put_blob

    def refuse(payload):
        if len(payload) > 7 * anchor.weights.theta.numel():
            assert anchor.weights.load().next_round == STATE_EVERY, "what was merged is safe first"
            raise ApiError(409, "blob_refused", "too large")
        return real(payload)

    monkeypatch.setattr(platform, "put_blob", refuse)
    anchor.round()
    assert anchor.index == STATE_EVERY
    assert platform.closes[STATE_EVERY - 1]["state_sha256"] == ""


def test_a_pause_just_before_a_round_opens_is_waited_out(platform, tmp_path, monkeypatch):
    anchor = make_anchor(platform, tmp_path)
    anchor.exchange = Brings(good_update(anchor))

    def refuse(_body):
        raise ApiError(409, "run_paused", "not running")

    monkeypatch.setattr(platform, "register", refuse)
    anchor.round()
    assert (anchor.index, platform.closes) == (0, {})


def test_slow_poison_is_stopped_across_a_restart(platform, tmp_path):
    anchor = make_anchor(platform, tmp_path)
    best = anchor.loss
    anchor.gate.note(best / 2)
    anchor.weights.save(Checkpoint(1, anchor.loss, {}, [], list(anchor.gate.losses)))
    platform.register({"index": 0, "theta_sha256": "theta", "duration_seconds": 6})
    platform.post("/rounds/0/close", {})
    restarted = make_anchor(platform, tmp_path)
    restarted.resume()
    assert restarted.gate.limit == pytest.approx(best / 2 * 1.1)
