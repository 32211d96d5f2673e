"""A tiny run for the cluster's tests: real data, a real model, seconds of training."""

from dataclasses import replace

import pytest
import torch

from training_cluster.learner_text import Bytes
from training_cluster.spec import RunSpec

CONFIG = {"model_type": "gpt2", "n_layer": 1, "n_embd": 32, "n_head": 2, "n_positions": 32, "vocab_size": 256}
HYPER = {
    "inner_lr": 0.003, "outer_lr": 0.7, "outer_momentum": 0.9, "batch": 8, "sequence": 32, "max_steps": 400,
    "segment_steps": 5, "round_seconds": 6, "exchange_seconds": 2, "compression": "float16",
}  # fmt: skip
TEXT = b"def add(left, right):\n    return left + right\n\n\n" * 400


def spec_body(**changes):
    shard = {"sha256": "0" * 64, "bytes": len(TEXT)}
    body = {
        "run_id": "11111111-2222-3333-4444-555555555555",
        "name": "Test",
        "config": CONFIG,
        "tokenizer": "bytes",
        "data": {"train": shard, "held_out": shard},
        "hyper": HYPER,
        "prompt": "def ",
    }
    return body | changes


@pytest.fixture
def spec():
    return RunSpec.from_body(spec_body())


@pytest.fixture
def short_spec(spec):
    return replace(spec, hyper=replace(spec.hyper, max_steps=20))


@pytest.fixture(scope="session")
def tokens():
    return Bytes().encode(TEXT)


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Small models are slower on more threads, and the machine is shared."""
    torch.set_num_threads(1)
