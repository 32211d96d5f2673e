"""Weights as bytes and back, and text from weights."""

import pytest
import torch
from safetensors.torch import save

from training_cluster.block import encode_update
from training_cluster.data import held_out_loss
from training_cluster.model import build_model, decode, encode, flatten, load_flat, parameters_of
from training_cluster.protocol_hyper import EXCHANGE_BYTES_A_PARAMETER
from training_cluster.spec import SpecError


def test_the_same_seed_gives_the_same_weights(spec):
    first, second = (flatten(parameters_of(build_model(spec, seed=7))) for _ in range(2))
    assert torch.equal(first, second)


def test_tied_weights_travel_once(spec):
    model = build_model(spec)
    width, layers = spec.config["n_embd"], spec.config["n_layer"]
    embeddings = (spec.config["vocab_size"] + spec.config["n_positions"]) * width
    blocks = layers * (12 * width * width + 13 * width)
    assert flatten(parameters_of(model)).numel() == embeddings + blocks + 2 * width


def test_weights_survive_the_journey_to_half_precision(spec):
    flat = flatten(parameters_of(build_model(spec)))
    assert torch.equal(decode(encode(flat)), flat.half().float())


def test_weights_and_updates_travel_at_the_bytes_that_lines_are_judged_by(spec):
    flat = flatten(parameters_of(build_model(spec)))
    sizes = len(encode_update(flat)), len(encode(flat)) - len(encode(flat[:0]))
    assert sizes == pytest.approx((EXCHANGE_BYTES_A_PARAMETER["upload"] * flat.numel(),) * 2, rel=0.001)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x80\x04pickle",
        save({"flat": torch.zeros(3)}),
        save({"flat": torch.zeros(3, 3).half()}),
        save({"other": torch.zeros(3).half()}),
    ],
)
def test_bytes_that_are_no_weights_are_refused(payload):
    with pytest.raises(SpecError):
        decode(payload)


def test_weights_of_another_size_are_refused(spec):
    with pytest.raises(SpecError, match="do not fit"):
        load_flat(build_model(spec), torch.zeros(10))


def test_a_batch_is_drawn_by_its_generator_alone(spec, tokens):
    learner = build_model(spec)
    first, second = (learner.draw(tokens, 4, 16, torch.Generator().manual_seed(3))[0] for _ in range(2))
    assert first.shape == (4, 17)
    assert torch.equal(first, second)


def test_the_held_out_loss_of_fresh_weights_is_that_of_guessing(spec, tokens):
    model = build_model(spec)
    assert held_out_loss(model, tokens, 32) == held_out_loss(model, tokens, 32)
    assert held_out_loss(model, tokens, 32) == pytest.approx(5.545, abs=0.3)


def test_a_prompt_is_completed_the_same_way_each_time(spec):
    model = build_model(spec)
    text = model.show("def ").text
    assert text == model.show("def ").text
    assert text.isascii()
