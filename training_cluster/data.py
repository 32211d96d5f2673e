"""Shards of a run's data, which of them a block trains on, and the loss on data that no machine trains on."""

from __future__ import annotations

import hashlib
from typing import Protocol

import torch
from torch import Tensor

from training_cluster.learner import Learner
from training_cluster.learner_text import Json
from training_cluster.model import build_model
from training_cluster.spec import RunSpec, Shard

EVALUATION_SEED = 999
EVALUATION_BATCHES, EVALUATION_SIZE = 4, 32
SHARDS_KEPT = 2


class Blobs(Protocol):
    """Whatever gives bytes by their hash."""

    def get_blob(self, sha256: str) -> bytes:
        """The bytes, checked against their name."""


def open_learner(api: Blobs, spec: RunSpec) -> Learner:
    """The run's model with its tokenizer. Raises SpecError, ApiError."""
    tokenizer = Json(api.get_blob(spec.tokenizer)) if spec.tokenizer else None
    return build_model(spec, tokenizer=tokenizer)


def shard_of(spec: RunSpec, seed: int) -> Shard:
    """The training shard of a block: drawn by its seed, so that the auditor finds it again."""
    digest = hashlib.sha256(f"shard|{seed}".encode()).digest()
    return spec.train[int.from_bytes(digest[:8], "big") % len(spec.train)]


class Shards:
    """The training data of a run; the shards read last are kept in memory."""

    def __init__(self, api: Blobs, spec: RunSpec, learner: Learner) -> None:
        self.api, self.spec, self.learner = api, spec, learner
        self.kept: dict[str, Tensor] = {}

    def of(self, seed: int) -> Tensor:
        """What the block of this seed trains on. Raises SpecError, ApiError."""
        sha256 = shard_of(self.spec, seed).sha256
        if sha256 not in self.kept:
            while len(self.kept) >= SHARDS_KEPT:
                self.kept.pop(next(iter(self.kept)))
            self.kept[sha256] = self.learner.samples(self.api.get_blob(sha256))
        return self.kept[sha256]


@torch.no_grad()
def held_out_loss(learner: Learner, samples: Tensor, sequence: int) -> float:
    """Mean loss on the same batches every time."""
    generator = torch.Generator().manual_seed(EVALUATION_SEED)
    learner.eval()
    losses = [
        learner.loss(learner.draw(samples, EVALUATION_SIZE, sequence, generator)).item()
        for _ in range(EVALUATION_BATCHES)
    ]
    learner.train()
    return sum(losses) / len(losses)
