"""A block: one lease worked. Inner AdamW starts fresh, so the update is a function of (theta, seed, steps) alone.

The same function runs on a volunteer's machine and in the auditor's replay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from training_cluster.learner import Learner
from training_cluster.model import flatten, load_flat, parameters_of
from training_cluster.spec import Hyper


@dataclass(slots=True)
class Block:
    """`update` is theta - trained, (P,) float32; `commitments` are hashes of the weights at segment ends."""

    update: Tensor
    losses: list[float] = field(default_factory=list)
    commitments: list[str] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """Inner steps that were done."""
        return len(self.losses)


def train_block(
    model: Learner, theta: Tensor, tokens: Tensor, hyper: Hyper, *, seed: int, go_on: Callable[[int], bool]
) -> Block:
    """Train from `theta` until `go_on(steps done)` says no or `max_steps` is reached; at least one step."""
    full_precision()
    load_flat(model, theta)
    parameters = parameters_of(model)
    optimizer = torch.optim.AdamW(parameters, lr=hyper.inner_lr)
    generator = torch.Generator().manual_seed(seed)
    block = Block(theta)
    while block.steps < hyper.max_steps and (block.steps == 0 or go_on(block.steps)):
        loss = model.loss(model.draw(tokens, hyper.batch, hyper.sequence, generator))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        block.losses.append(round(loss.item(), 6))
        if block.steps % hyper.segment_steps == 0:
            block.commitments.append(commitment(flatten(parameters)))
    block.update = theta - flatten(parameters)
    return block


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


def commitment(flat: Tensor) -> str:
    """Hash of the weights' float16 bytes."""
    return hashlib.sha256(flat.half().numpy().tobytes()).hexdigest()


def relative_l2(replayed: Tensor, uploaded: Tensor) -> float:
    """Distance of the upload from the replay, relative to the replay's norm; infinite when the sizes differ."""
    if replayed.shape != uploaded.shape:
        return float("inf")
    return float((replayed - uploaded).norm() / replayed.norm().clamp_min(1e-12))
