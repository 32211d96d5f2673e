"""A segment replayed between two committed states is the segment that was trained, and no other."""

import pytest
import torch

from tests.training_cluster.memory_platform import MemoryPlatform
from training_cluster.block import InnerState, as_bytes, encode_update, train_block
from training_cluster.client import ApiError
from training_cluster.model import build_model, decode, encode, flatten, parameters_of, sha256
from training_cluster.protocol import segment_commitment
from training_cluster.protocol_audit import ACCEPT_SEGMENT_L2, REJECT_SEGMENT_L2
from training_cluster.replay import Replay
from training_cluster.spec import RunSpec
from training_cluster.volunteer.kept_states import KeptStates

SEED, STEPS = 77, 17


@pytest.fixture
def platform():
    return MemoryPlatform()


class Worked:
    """A block of three whole segments of five steps and two steps more, with its kept states."""

    def __init__(self, platform, folder):
        self.spec = RunSpec.from_body(platform.spec)
        self.platform, self.model = platform, build_model(self.spec)
        self.tokens = self.model.samples(platform.get_blob(self.spec.train[0].sha256))
        self.theta = decode(
            platform.put_blob(encode(flatten(parameters_of(self.model)))) and encode(flatten(parameters_of(self.model)))
        )
        self.states: dict[int, InnerState] = {}
        self.kept = KeptStates(folder)

        def keep(number, state):
            self.states[number] = state
            self.kept.keep("a-lease", number, state)

        self.block = train_block(
            self.model, self.theta, self.tokens, self.spec.hyper, seed=SEED, go_on=lambda done: done < STEPS, keep=keep
        )

    def receipt(self, **changes):
        body = {
            "steps": self.block.steps, "losses": self.block.losses, "segment_commitments": self.block.commitments,
            "update_sha256": self.platform.put_blob(encode_update(self.block.update)),
        }  # fmt: skip
        return {**body, **changes}

    def reveal(self, segment, states=None):
        states, found = states or self.states, {}
        for side, number in (("start", segment - 1), ("end", segment)):
            if number in states:
                found[f"{side}_weights"] = self.platform.put_blob(as_bytes(states[number].weights))
                found[f"{side}_moments"] = self.platform.put_blob(as_bytes(states[number].moments))
        return found

    def findings(self, segment, receipt=None, reveal=None):
        return Replay(
            api=self.platform, model=build_model(self.spec, seed=9), hyper=self.spec.hyper, theta=self.theta,
            tokens=self.tokens, seed=SEED, receipt=receipt or self.receipt(), segment=segment,
            reveal=self.reveal(segment) if reveal is None and segment else reveal or {},
        ).findings()  # fmt: skip


@pytest.fixture
def worked(platform, tmp_path):
    platform.spec["hyper"] = {**platform.spec["hyper"], "segment_steps": 5, "max_steps": 40}
    return Worked(platform, tmp_path)


@pytest.mark.parametrize("segment", [1, 2, 3, 4])
def test_every_segment_of_an_honest_block_is_found_again(worked, segment):
    found = worked.findings(segment)
    assert found["relative_l2"] <= ACCEPT_SEGMENT_L2
    assert found["max_loss_difference"] == 0.0


def test_the_last_commitment_and_the_update_are_one_where_no_step_is_between(worked):
    block = worked.block
    update = worked.theta - worked.states[3].weights
    receipt = worked.receipt(
        steps=15, losses=block.losses[:15], update_sha256=worked.platform.put_blob(encode_update(update))
    )
    assert worked.findings(4, receipt)["relative_l2"] <= ACCEPT_SEGMENT_L2
    other = worked.receipt(
        steps=15, losses=block.losses[:15], update_sha256=worked.platform.put_blob(encode_update(update * 1.1))
    )
    assert worked.findings(4, other)["relative_l2"] > REJECT_SEGMENT_L2


def test_a_step_that_was_skipped_within_a_segment_is_found(worked):
    """The end is the state after four steps of five."""
    begun = worked.states[1]
    from training_cluster.block import InnerTraining

    inner = InnerTraining(worked.model, begun, 5, worked.spec.hyper, SEED)
    inner.skip(worked.tokens, 5)
    for _ in range(4):
        inner.step(worked.tokens)
    lazy = {**worked.states, 2: inner.state()}
    found = worked.findings(2, reveal=worked.reveal(2, lazy))
    assert found["relative_l2"] > REJECT_SEGMENT_L2


def test_a_state_of_another_size_is_the_machine_s_fault(worked):
    reveal = worked.reveal(2)
    reveal["start_weights"] = worked.platform.put_blob(b"short")
    with pytest.raises(ValueError, match="update: 5 bytes of a state"):
        worked.findings(2, reveal=reveal)


def test_commitments_name_weights_and_moments(worked):
    state = worked.states[2]
    named = segment_commitment(sha256(as_bytes(state.weights)), sha256(as_bytes(state.moments)))
    assert worked.block.commitments[1] == named == state.commitment
    assert not torch.equal(state.weights, worked.states[3].weights)


class Asking:
    """What the agent talks to when it reveals."""

    def __init__(self):
        self.sent, self.blobs, self.patience_seconds = [], {}, 1.0

    def get(self, path):
        return {"offset": 0}

    def post_bytes(self, path, payload):
        self.blobs[sha256(payload)] = payload

    def post(self, path, body):
        self.sent.append((path, body))
        return {"state": "pending"}


def test_the_agent_reveals_what_it_kept(worked):
    api = Asking()
    assert worked.kept.reveal(api, {"audit_id": "an-audit", "lease_id": "a-lease", "segment": 2}) == "pending"
    path, body = api.sent[0]
    assert (path, body) == ("/api/v1/audits/an-audit/reveal", {
        "start_weights": sha256(as_bytes(worked.states[1].weights)),
        "start_moments": sha256(as_bytes(worked.states[1].moments)),
        "end_weights": sha256(as_bytes(worked.states[2].weights)),
        "end_moments": sha256(as_bytes(worked.states[2].moments)),
    })  # fmt: skip
    assert set(api.blobs) == set(body.values()) - {body["end_moments"]}


def test_the_agent_says_when_a_state_is_gone_and_reveals_the_last_without_an_end(worked):
    api = Asking()
    worked.kept.reveal(api, {"audit_id": "one", "lease_id": "another-lease", "segment": 2})
    worked.kept.reveal(api, {"audit_id": "two", "lease_id": "a-lease", "segment": 4})
    assert api.sent[0][1] == {"gone": True}
    assert set(api.sent[1][1]) == {"start_weights", "start_moments"}


@pytest.mark.parametrize("status", [409, 403])
def test_a_state_that_is_refused_is_given_up_and_only_a_machine_that_is_shut_out_ends(worked, status):
    class Refusing(Asking):
        def post_bytes(self, path, payload):
            raise ApiError(status, "refused", "No.")

    api, asked = Refusing(), {"audit_id": "an-audit", "lease_id": "a-lease", "segment": 2}
    if status == 403:
        with pytest.raises(ApiError):
            worked.kept.reveal(api, asked)
        return
    worked.kept.reveal(api, asked)
    assert [body for _, body in api.sent] == [{"gone": True}]


def test_the_oldest_leases_make_room(worked, tmp_path):
    size = 12 * worked.theta.numel()
    kept = KeptStates(tmp_path / "small", most_bytes=2 * size)
    for lease in ("first", "second", "third"):
        kept.keep(lease, 1, worked.states[1])
    assert sorted(path.name for path in kept.folder.iterdir()) == ["second", "third"]


def test_a_full_disk_costs_the_states_and_not_the_block(worked, tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    kept = KeptStates(tmp_path / "full")
    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    kept.keep("a-lease", 1, worked.states[1])
    assert not (kept.folder / "a-lease").exists()
