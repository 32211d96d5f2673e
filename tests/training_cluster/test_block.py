"""A block is a function of (theta, seed, steps): replay gives it again, and shows what was done otherwise."""

import pytest
import torch

from training_cluster.block import decode_update, encode_update, relative_l2, train_block
from training_cluster.model import build_model, decode, encode, flatten, parameters_of
from training_cluster.protocol_audit import ACCEPT_RELATIVE_L2, REJECT_RELATIVE_L2


@pytest.fixture
def theta(spec):
    return decode(encode(flatten(parameters_of(build_model(spec)))))


def worked(spec, theta, tokens, *, seed=11, steps=20):
    return train_block(
        build_model(spec, seed=99), theta, tokens, spec.hyper, seed=seed, go_on=lambda done: done < steps
    )


def test_a_replay_on_the_same_machine_is_bit_identical(short_spec, theta, tokens):
    first, second = worked(short_spec, theta, tokens), worked(short_spec, theta, tokens)
    assert torch.equal(first.update, second.update)
    assert (first.losses, first.commitments) == (second.losses, second.commitments)


def test_a_block_trains_and_commits_each_segment(short_spec, theta, tokens):
    block = worked(short_spec, theta, tokens)
    assert (block.steps, len(block.commitments)) == (20, 4)
    assert block.losses[-1] < block.losses[0] - 0.5


def test_a_block_has_at_least_one_step_and_at_most_the_leases(short_spec, theta, tokens):
    assert worked(short_spec, theta, tokens, steps=0).steps == 1
    assert worked(short_spec, theta, tokens, steps=1000).steps == 20


def test_what_was_trained_earlier_in_the_model_does_not_matter(short_spec, theta, tokens):
    model = build_model(short_spec)
    hyper = short_spec.hyper
    train_block(model, theta, tokens, hyper, seed=5, go_on=lambda done: done < 7)
    again = train_block(model, theta, tokens, hyper, seed=11, go_on=lambda done: done < 20)
    assert torch.equal(again.update, worked(short_spec, theta, tokens).update)


def test_the_journey_to_half_precision_stays_within_the_audits_tolerance(short_spec, theta, tokens):
    update = worked(short_spec, theta, tokens).update
    arrived = decode_update(encode_update(update), update.numel())
    assert relative_l2(update, arrived) < 0.001


@pytest.mark.parametrize("threads", [1, 2])
def test_another_thread_count_stays_within_the_audits_tolerance(short_spec, theta, tokens, threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        update = worked(short_spec, theta, tokens).update
    finally:
        torch.set_num_threads(before)
    assert relative_l2(worked(short_spec, theta, tokens).update, update) < ACCEPT_RELATIVE_L2


def test_work_that_was_not_done_lies_outside_the_tolerance(short_spec, theta, tokens):
    honest = worked(short_spec, theta, tokens).update
    distances = {
        "half of the steps": relative_l2(honest, worked(short_spec, theta, tokens, steps=10).update),
        "a tenth skipped": relative_l2(honest, worked(short_spec, theta, tokens, steps=18).update),
        "other data": relative_l2(honest, worked(short_spec, theta, tokens, seed=12).update),
        "stale weights": relative_l2(honest, worked(short_spec, theta - honest, tokens).update),
        "noise": relative_l2(honest, torch.randn_like(honest) * honest.std()),
        "nothing": relative_l2(honest, torch.zeros_like(honest)),
    }
    assert {name: distance for name, distance in distances.items() if distance <= REJECT_RELATIVE_L2} == {}


@pytest.mark.parametrize("payload", [b"", b"\x00" * 10, b"\x00\x7c" * 8])
def test_bytes_that_are_no_update_are_refused(payload):
    with pytest.raises(ValueError, match="update:"):
        decode_update(payload, 8)
