"""What a task is: a model with its data's form, its batches and its loss, behind one small interface.

A batch holds everything random about a step (places, masks, noise), drawn on the CPU by the block's own generator. So a
block stays a function of (theta, seed, steps) on every machine, and the auditor replays any task alike.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

Batch = tuple[Tensor, ...]


class Tokenizer(Protocol):
    """Text as whole numbers and back."""

    size: int

    def encode(self, payload: bytes) -> Tensor:
        """(N,) tokens of UTF-8 bytes."""

    def decode(self, tokens: list[int]) -> str:
        """Text that may be shown."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a checkpoint shows of itself: words, and a PNG where the task makes pictures."""

    text: str
    image: bytes = b""


class Learner(nn.Module, ABC):
    """A network that can be trained; parameters and their order are the network's alone."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    @abstractmethod
    def samples(self, payload: bytes) -> Tensor:
        """A shard's bytes as what `draw` picks from. Raises SpecError for bytes of another form."""

    @abstractmethod
    def draw(self, samples: Tensor, batch: int, sequence: int, generator: torch.Generator) -> Batch:
        """One inner step's batch on the CPU, all of its randomness from the generator."""

    @abstractmethod
    def loss(self, batch: Batch) -> Tensor:
        """Mean loss of a batch, a scalar on the model's device."""

    @abstractmethod
    def show(self, prompt: str) -> Sample:
        """What the weights can do now; the same weights show the same."""


def places(generator: torch.Generator, batch: int, highest: int) -> Tensor:
    """(batch,) starting places from 0 to `highest`, both included."""
    return torch.randint(0, highest + 1, (batch,), generator=generator)
