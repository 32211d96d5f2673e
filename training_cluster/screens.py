"""Cheap looks at a round's work that no replay is needed for: updates that are alike, and losses of other data.

What they find condemns nobody: the platform has such blocks replayed, as a whole. Where the looks of a round would take
too long, fewer of its blocks are looked at, in an order that nobody knows before.
"""

from __future__ import annotations

import logging
import math
import secrets
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training_cluster.client import ApiError, PlatformAway
from training_cluster.data import Blobs, Shards
from training_cluster.learner import Learner
from training_cluster.model import load_flat
from training_cluster.protocol_audit import ALIKE_COSINE
from training_cluster.spec import RunSpec, SpecError

logger = logging.getLogger("anchor")
# A cosine of 0.98 is read from so many coordinates to within 0.0003 (one standard deviation).
SAMPLED = 16_384
MOST_PAIRS = 200
# Of a round's training: longer than this its machines are not kept waiting for first losses.
LOOKING_SHARE = 0.01


def sampler() -> torch.Generator:
    """Of coordinates and of an order that no machine can know before it has committed itself."""
    return torch.Generator().manual_seed(secrets.randbits(63))


def draw_places(size: int, share: int = 1) -> Tensor:
    """(k,) places in an update of `size` values, a part `share` of all that are looked at."""
    return torch.randint(size, (min(size, max(1, SAMPLED // share)),), generator=sampler())


def sample_file(path: Path, places: Tensor) -> Tensor:
    """(k,) float32: those coordinates of an update's float16 file."""
    values = np.memmap(path, "<f2", "r")[places.numpy()]
    return torch.from_numpy(values.astype(np.float32))


def alike(sketches: dict[str, Tensor]) -> list[list[Any]]:
    """[lease, lease, cosine] of updates whose sampled coordinates, (k,) each, point the same way; the closest first."""
    leases = sorted(sketches)
    if len(leases) < 2:
        return []
    rows = torch.stack([sketches[lease] for lease in leases])
    rows = rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-30)
    cosines = (rows @ rows.T).triu(diagonal=1)
    found = [
        [leases[a], leases[b], round(float(cosines[a, b]), 4)] for a, b in (cosines > ALIKE_COSINE).nonzero().tolist()
    ]
    return sorted(found, key=lambda pair: -pair[2])[:MOST_PAIRS]


class FirstLosses:
    """The loss of blocks' first batches under the round's weights: known from the seed alone, in one forward pass."""

    def __init__(self, api: Blobs, spec: RunSpec, learner: Learner) -> None:
        self.spec, self.learner = spec, learner
        self.shards = Shards(api, spec, learner)

    def look(self, theta: Tensor, seeds: dict[str, int], seconds: float) -> dict[str, float]:
        """{lease: loss} of as many as `seconds` allow, at least one; a shard that is away ends the look."""
        load_flat(self.learner, theta)
        leases, until, found = sorted(seeds), time.monotonic() + seconds, dict[str, float]()
        for place in torch.randperm(len(leases), generator=sampler()).tolist():
            try:
                loss = self.of(seeds[leases[place]])
            except (ApiError, PlatformAway, SpecError) as error:
                logger.warning("first_losses_ended reason=%s", error)
                break
            if math.isfinite(loss):
                found[leases[place]] = loss
            if time.monotonic() > until:
                break
        return found

    @torch.no_grad()
    def of(self, seed: int) -> float:
        """Of one block."""
        tokens, hyper = self.shards.of(seed), self.spec.hyper
        generator = torch.Generator().manual_seed(seed)
        return round(self.learner.loss(self.learner.draw(tokens, hyper.batch, hyper.sequence, generator)).item(), 6)
