"""A run's declarative specification, checked again on each machine that trains it: it is hostile input.

Nothing here can name code: what is not on the allow-list (`auto_map`, custom kernels, attention back-ends) is refused.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from training_cluster.protocol import canonical_json
from training_cluster.protocol_hyper import HyperRefused, check_hyper
from training_cluster.protocol_models import CAUSAL, MASKED, ConfigRefused, Plan, plan_of

MAX_SHARDS = 10_000


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
    compression: str = "float16"
    exchange: str = "upload"
    reduction: str = "trimmed_mean"
    clip: float = 5.0
    communication_share: float = 0.1


@dataclass(frozen=True, slots=True)
class Shard:
    """A content-addressed piece of data."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What a run trains. `sha256` is the hash that leases carry."""

    run_id: str
    task: str
    config: dict[str, Any]
    hyper: Hyper
    train: tuple[Shard, ...]
    held_out: Shard
    tokenizer: str
    prompt: str
    sha256: str
    start: str = ""

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> RunSpec:
        """From the platform's answer. Raises SpecError."""
        data = body.get("data") or {}
        try:
            train, held_out = _shards(data["train"]), _shards(data["held_out"])[0]
            hyper = _hyper(body["hyper"])
            tokenizer = body["tokenizer"]
            vocabulary = "" if tokenizer == "bytes" else str(tokenizer["sha256"])
        except (KeyError, TypeError, ValueError) as error:
            raise (
                error if isinstance(error, SpecError) else SpecError(f"The specification lacks something: {error}")
            ) from error
        plan = _plan(body, hyper)
        smallest = min(shard.size for shard in (*train, held_out))
        if plan.task in (CAUSAL, MASKED) and smallest < hyper.sequence + 2:
            raise SpecError(f"A shard of {smallest} bytes is shorter than a sequence.")
        digest = hashlib.sha256(canonical_json(body)).hexdigest()
        return cls(
            str(body["run_id"]), plan.task, plan.config, hyper, train, held_out, vocabulary, str(body["prompt"]),
            digest, str(body.get("start", "")),
        )  # fmt: skip


def _shards(value: Any) -> tuple[Shard, ...]:
    listed = value if isinstance(value, list) else [value]
    shards = tuple(Shard(str(item["sha256"]), int(item["bytes"])) for item in listed)
    if not 1 <= len(shards) <= MAX_SHARDS:
        raise ValueError(f"between 1 and {MAX_SHARDS} shards")
    return shards


def _plan(body: dict[str, Any], hyper: Hyper) -> Plan:
    """The architecture; what the platform leaves out of a creator's file must not be here any more."""
    try:
        plan = plan_of(body["config"], hyper.sequence)
    except ConfigRefused as error:
        raise SpecError(str(error)) from error
    if plan.left_out:
        raise SpecError(f"Keys that do not belong here: {', '.join(plan.left_out)[:200]}")
    return plan


def _hyper(values: dict[str, Any]) -> Hyper:
    hyper = Hyper(**values)
    try:
        check_hyper(asdict(hyper))
    except HyperRefused as error:
        raise SpecError(str(error)) from error
    return hyper
