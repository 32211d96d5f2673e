"""The canonical weights of a run with their outer optimizer, and the checkpoint to go on from exactly."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from training_cluster.spec import Hyper


@dataclass(slots=True)
class Checkpoint:
    """`next_round` opens next; `unsent` is the close of the round before it while the platform may not have it yet."""

    next_round: int
    loss: float
    unsent: dict[str, Any] = field(default_factory=dict)


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
        """Everything needed to go on exactly here, replaced atomically."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        candidate = self.path.with_suffix(".new")
        notes = {"next_round": checkpoint.next_round, "loss": checkpoint.loss, "unsent": checkpoint.unsent}
        save_file({"theta": self.theta, "momentum": self.momentum}, str(candidate), {"notes": json.dumps(notes)})
        candidate.replace(self.path)

    def load(self) -> Checkpoint | None:
        """Where to go on, when a checkpoint is there."""
        if not self.path.exists():
            return None
        with safe_open(str(self.path), framework="pt") as file:
            self.theta.copy_(file.get_tensor("theta"))
            self.momentum.copy_(file.get_tensor("momentum"))
            notes = json.loads(file.metadata()["notes"])
        return Checkpoint(**notes)
