"""Replaying a block, or one segment of it, from what the platform drew and its machine revealed.

A segment begins at a revealed state (the lease's weights for the first) and ends at another, or for the one after the
last whole segment at the uploaded update. The platform has checked that revealed hashes are those of the receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from training_cluster.block import (
    InnerState,
    InnerTraining,
    decode_update,
    fresh,
    from_bytes,
    relative_l2,
    train_block,
)
from training_cluster.client import Api
from training_cluster.learner import Learner
from training_cluster.spec import Hyper

FURTHEST = 1e6


@dataclass(frozen=True, slots=True)
class Replay:
    """One audit: where bytes are fetched, the model with its data, and what is replayed.

    `theta` is (P,) float32; `reveal` names the bytes of the segment's ends.
    """

    api: Api
    model: Learner
    hyper: Hyper
    theta: Tensor
    tokens: Tensor
    seed: int
    receipt: dict[str, Any]
    segment: int | None
    reveal: dict[str, str]

    def findings(self) -> dict[str, float]:
        """{relative_l2, max_loss_difference}. Raises ValueError for bytes that are no update or state, ApiError."""
        if self.segment is None:
            return self.whole()
        return self.between(self.segment)

    def whole(self) -> dict[str, float]:
        """The block from its first step to its last."""
        uploaded, steps = self.uploaded(), int(self.receipt["steps"])
        block = train_block(
            self.model, self.theta, self.tokens, self.hyper, seed=self.seed, go_on=lambda done: done < steps
        )
        return compared(relative_l2(block.update, uploaded), block.losses, self.receipt["losses"])

    def between(self, segment: int) -> dict[str, float]:
        """The steps between two commitments, or between the last one and the update."""
        begun = (segment - 1) * self.hyper.segment_steps
        steps = min(self.hyper.segment_steps, int(self.receipt["steps"]) - begun)
        start, end = self.start(segment), self.end()
        if not steps:
            # Nothing was trained after the last commitment: the update must be what was committed to.
            return compared(relative_l2(self.theta - start.weights, self.theta - end), [], [])
        inner = InnerTraining(self.model, start, begun, self.hyper, self.seed)
        inner.skip(self.tokens, begun)
        losses = [inner.step(self.tokens) for _ in range(steps)]
        distance = relative_l2(start.weights - inner.weights(), start.weights - end)
        return compared(distance, losses, self.receipt["losses"][begun : begun + steps])

    def start(self, segment: int) -> InnerState:
        """The state before the segment."""
        if segment == 1:
            return fresh(self.theta)
        size = self.theta.numel()
        weights = from_bytes(self.api.get_blob(self.reveal["start_weights"]), size)
        return InnerState(weights, from_bytes(self.api.get_blob(self.reveal["start_moments"]), 2 * size))

    def end(self) -> Tensor:
        """The weights after it, (P,) float32."""
        if "end_weights" in self.reveal:
            return from_bytes(self.api.get_blob(self.reveal["end_weights"]), self.theta.numel())
        return self.theta - self.uploaded()

    def uploaded(self) -> Tensor:
        """The update, (P,) float32."""
        return decode_update(self.api.get_blob(self.receipt["update_sha256"]), self.theta.numel())


def compared(distance: float, losses: list[float], claimed: list[float]) -> dict[str, float]:
    """As the platform takes it."""
    differences = [abs(a - b) for a, b in zip(losses, claimed, strict=True)]
    return {"relative_l2": min(distance, FURTHEST), "max_loss_difference": round(max(differences, default=0.0), 6)}
