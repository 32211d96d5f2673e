"""A run's declarative specification. It is hostile input: an allow-list of model types and whole-number sizes.

Nothing here can name code: keys outside the list (`auto_map`, custom kernels, attention back-ends) are refused, and
the size is computed on the meta device before anything is allocated.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from training_cluster.protocol import canonical_json

ALLOWED_KEYS = {
    "gpt2": {"n_layer", "n_embd", "n_head", "n_positions", "vocab_size"},
    "llama": {
        "num_hidden_layers", "hidden_size", "num_attention_heads", "num_key_value_heads", "intermediate_size",
        "max_position_embeddings", "vocab_size", "tie_word_embeddings",
    },
}  # fmt: skip
MAX_PARAMETERS = 2_000_000_000
WHOLE = {"batch": 4096, "sequence": 8192, "max_steps": 10_000, "segment_steps": 1000}
REAL = {"inner_lr": 0.1, "outer_lr": 2.0, "outer_momentum": 0.99, "round_seconds": 86_400.0, "exchange_seconds": 3600.0}


class SpecError(ValueError):
    """The specification may not be trained; the message says why."""


@dataclass(frozen=True, slots=True)
class Hyper:
    """Times in seconds; `batch` sequences of `sequence` tokens make one inner step."""

    inner_lr: float
    outer_lr: float
    outer_momentum: float
    batch: int
    sequence: int
    max_steps: int
    segment_steps: int
    round_seconds: float
    exchange_seconds: float
    compression: str


@dataclass(frozen=True, slots=True)
class Shard:
    """A content-addressed piece of data."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What a run trains. `sha256` is the hash that leases carry."""

    run_id: str
    config: dict[str, Any]
    hyper: Hyper
    train: Shard
    held_out: Shard
    prompt: str
    sha256: str

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> RunSpec:
        """From the platform's answer. Raises SpecError."""
        data = body.get("data") or {}
        try:
            train, held_out = (Shard(data[key]["sha256"], int(data[key]["bytes"])) for key in ("train", "held_out"))
            hyper = Hyper(**body["hyper"])
        except (KeyError, TypeError, ValueError) as error:
            raise SpecError(f"The specification lacks something: {error}") from error
        check_config(body["config"])
        check_hyper(hyper, min(train.size, held_out.size))
        digest = hashlib.sha256(canonical_json(body)).hexdigest()
        return cls(str(body["run_id"]), body["config"], hyper, train, held_out, str(body["prompt"]), digest)


def check_hyper(hyper: Hyper, smallest_shard: int) -> None:
    """Raises SpecError for a value out of bounds, or sequences longer than a shard (in bytes)."""
    for name, maximum in WHOLE.items():
        value = getattr(hyper, name)
        if type(value) is not int or not 1 <= value <= maximum:
            raise SpecError(f"{name} must be a whole number from 1 to {maximum}.")
    for name, limit in REAL.items():
        value = getattr(hyper, name)
        if type(value) not in (int, float) or not 0 <= value <= limit:
            raise SpecError(f"{name} must be a number from 0 to {limit:g}.")
    if smallest_shard < hyper.sequence + 2:
        raise SpecError(f"A shard of {smallest_shard} bytes is shorter than a sequence.")


def check_config(config: dict[str, Any]) -> None:
    """Raises SpecError for a model type, key or value outside the allow-list."""
    kind = config.get("model_type")
    if kind not in ALLOWED_KEYS:
        raise SpecError(f"The model type {kind!r} is not trained here.")
    if unknown := sorted(set(config) - ALLOWED_KEYS[kind] - {"model_type"}):
        raise SpecError(f"Keys that are not allowed: {', '.join(unknown)[:200]}")
    if not all(isinstance(value, int) for key, value in config.items() if key != "model_type"):
        raise SpecError("Sizes are whole numbers.")
