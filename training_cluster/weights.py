"""The canonical weights of a run with their outer optimizer, and the checkpoint to go on from exactly."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from training_cluster.spec import Hyper, SpecError

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Checkpoint:
    """`next_round` opens next; `unsent` is the close of the round before it while the platform may not have it yet."""

    next_round: int
    loss: float
    unsent: dict[str, Any] = field(default_factory=dict)
    communication: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)


class Weights:
    """Theta, (P,) float32, and the momentum of its outer steps."""

    def __init__(self, hyper: Hyper, theta: Tensor, path: Path) -> None:
        self.hyper, self.path = hyper, path
        self.theta = theta.clone()
        self.momentum = torch.zeros_like(theta)

    def step(self, mean_update: Tensor) -> None:
        """Outer SGD with Nesterov momentum on the averaged pseudo-gradient (DiLoCo, arXiv 2311.08105)."""
        rate, beta = self.hyper.outer_lr, self.hyper.outer_momentum
        self.momentum.mul_(beta).add_(mean_update)
        self.theta.add_(mean_update + beta * self.momentum, alpha=-rate)

    def copy(self) -> tuple[Tensor, Tensor]:
        """What `restore` takes back."""
        return self.theta.clone(), self.momentum.clone()

    def restore(self, state: tuple[Tensor, Tensor]) -> None:
        """Undo a step."""
        self.theta.copy_(state[0])
        self.momentum.copy_(state[1])

    def save(self, checkpoint: Checkpoint) -> None:
        """Everything needed to go on exactly here, with its SHA-256 beside it, replaced atomically."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        payload = self.state(checkpoint)
        digest = hashlib.sha256(payload).hexdigest()
        self._replace(self.path.with_name(f"{self.path.name}.{checkpoint.next_round % 2}"), payload)
        self._replace(self.path, f"{checkpoint.next_round % 2} {digest}".encode())

    def _replace(self, path: Path, payload: bytes) -> None:
        candidate = path.with_name(f"{path.name}.new")
        with candidate.open("wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        candidate.replace(path)

    def state(self, checkpoint: Checkpoint) -> bytes:
        """Weights, momentum and the checkpoint's notes as safetensors."""
        return save({"theta": self.theta, "momentum": self.momentum}, {"notes": json.dumps(asdict(checkpoint))})

    def load(self) -> Checkpoint | None:
        """Where to go on, when a checkpoint is there and its bytes are those that were written."""
        if not self.path.exists():
            return None
        slot, _, digest = self.path.read_text().partition(" ")
        file = self.path.with_name(f"{self.path.name}.{slot}")
        payload = file.read_bytes() if file.exists() else b""
        if hashlib.sha256(payload).hexdigest() != digest:
            logger.warning("checkpoint_damaged path=%s", file)
            return None
        return self.load_state(payload)

    def load_state(self, payload: bytes) -> Checkpoint:
        """Take weights and momentum from the bytes of `state`. Raises SpecError for anything else."""
        try:
            tensors = load(payload)
            size = int.from_bytes(payload[:8], "little")
            notes = json.loads(json.loads(payload[8 : 8 + size])["__metadata__"]["notes"])
            self.theta.copy_(tensors["theta"])
            self.momentum.copy_(tensors["momentum"])
        except Exception as error:  # the library raises several unrelated types for bytes that are no safetensors
            raise SpecError(f"These bytes are no checkpoint: {error}") from error
        return Checkpoint(**notes)
