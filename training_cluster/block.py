"""A block: one lease worked. Inner AdamW starts fresh, so the update is a function of (theta, seed, steps) alone.

The same function runs on a volunteer's machine and in the auditor's replay, of the whole block or of one segment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from training_cluster.learner import Learner
from training_cluster.model import flatten, load_flat, parameters_of, sha256
from training_cluster.protocol import segment_commitment
from training_cluster.spec import Hyper


@dataclass(frozen=True, slots=True)
class InnerState:
    """Where inner training stands: weights (P,) float32, and AdamW's two moments after each other, (2P,) float32."""

    weights: Tensor
    moments: Tensor

    @property
    def commitment(self) -> str:
        """What a receipt says of it."""
        return segment_commitment(sha256(as_bytes(self.weights)), sha256(as_bytes(self.moments)))


@dataclass(slots=True)
class Block:
    """`update` is theta - trained, (P,) float32; `commitments` are hashes of the states at segment ends."""

    update: Tensor
    losses: list[float] = field(default_factory=list)
    commitments: list[str] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """Inner steps that were done."""
        return len(self.losses)


class InnerTraining:
    """AdamW from a state, batch after batch of one seed; `skip` passes over batches that are not trained on."""

    def __init__(self, model: Learner, state: InnerState, steps_done: int, hyper: Hyper, seed: int) -> None:
        full_precision()
        self.model, self.hyper, self.parameters = model, hyper, parameters_of(model)
        load_flat(model, state.weights)
        self.optimizer = torch.optim.AdamW(self.parameters, lr=hyper.inner_lr)
        if steps_done:
            self._resume(state.moments, steps_done)
        self.generator = torch.Generator().manual_seed(seed)

    def _resume(self, moments: Tensor, steps_done: int) -> None:
        first, second = moments.chunk(2)
        place = 0
        for parameter in self.parameters:
            span = slice(place, place := place + parameter.numel())
            self.optimizer.state[parameter] = {
                "step": torch.tensor(float(steps_done)),
                "exp_avg": first[span].view_as(parameter).to(parameter.device).clone(),
                "exp_avg_sq": second[span].view_as(parameter).to(parameter.device).clone(),
            }

    def skip(self, tokens: Tensor, steps: int) -> None:
        """Draw batches and leave them, so that the next ones are those of later steps."""
        for _ in range(steps):
            self.model.draw(tokens, self.hyper.batch, self.hyper.sequence, self.generator)

    def step(self, tokens: Tensor) -> float:
        """One inner step; its loss."""
        loss = self.model.loss(self.model.draw(tokens, self.hyper.batch, self.hyper.sequence, self.generator))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return round(loss.item(), 6)

    def weights(self) -> Tensor:
        """(P,) float32."""
        return flatten(self.parameters)

    def state(self) -> InnerState:
        """Where it stands now."""
        kept = [self.optimizer.state[parameter] for parameter in self.parameters]
        moments = [part[name].detach().flatten().cpu() for name in ("exp_avg", "exp_avg_sq") for part in kept]
        return InnerState(self.weights(), torch.cat(moments))


def train_block(
    model: Learner, theta: Tensor, tokens: Tensor, hyper: Hyper, *, seed: int, go_on: Callable[[int], bool],
    keep: Callable[[int, InnerState], None] | None = None,
) -> Block:  # fmt: skip
    """Train from `theta` until `go_on(steps done)` says no or `max_steps` is reached; at least one step.

    `keep(number, state)` is called at the end of each whole segment, numbered from 1.
    """
    inner, block = InnerTraining(model, fresh(theta), 0, hyper, seed), Block(theta)
    while block.steps < hyper.max_steps and (block.steps == 0 or go_on(block.steps)):
        block.losses.append(inner.step(tokens))
        if block.steps % hyper.segment_steps == 0:
            state = inner.state()
            block.commitments.append(state.commitment)
            if keep is not None:
                keep(len(block.commitments), state)
    block.update = theta - inner.weights()
    return block


def fresh(theta: Tensor) -> InnerState:
    """Where a block begins."""
    return InnerState(theta, torch.zeros(2 * theta.numel()))


def as_bytes(values: Tensor) -> bytes:
    """Float32, little endian."""
    return bytes(values.detach().cpu().float().numpy().tobytes())


def from_bytes(payload: bytes, size: int) -> Tensor:
    """(size,) float32. Raises ValueError for bytes that are no state of this size."""
    if len(payload) != 4 * size:
        raise ValueError(f"update: {len(payload)} bytes of a state where {4 * size} are due")
    return torch.frombuffer(bytearray(payload), dtype=torch.float32)


def full_precision() -> None:
    """Float32 means float32 on a GPU too: convolutions would otherwise lose thirteen bits, and replays their match."""
    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")


def encode_update(update: Tensor) -> bytes:
    """The update as it travels and is hashed: float16, little endian, without a header."""
    return bytes(update.half().numpy().tobytes())


def decode_update(payload: bytes, size: int) -> Tensor:
    """(size,) float32. Raises ValueError for bytes that are no update of this size."""
    if len(payload) != 2 * size:
        raise ValueError(f"update: {len(payload)} bytes where {2 * size} are due")
    update = torch.frombuffer(bytearray(payload), dtype=torch.float16).float()
    if not torch.isfinite(update).all():
        raise ValueError("update: a value that is not finite")
    return update


def relative_l2(replayed: Tensor, uploaded: Tensor) -> float:
    """Distance of the upload from the replay, relative to the replay's norm; infinite when the sizes differ."""
    if replayed.shape != uploaded.shape:
        return float("inf")
    return float((replayed - uploaded).norm() / replayed.norm().clamp_min(1e-12))
