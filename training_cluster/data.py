"""Bytes of a shard as tokens, batches drawn by a seed, and the loss on text that no machine trains on."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training_cluster.model import loss_of

EVALUATION_SEED = 999
EVALUATION_BATCHES, EVALUATION_SIZE = 4, 32


def tokens_of(payload: bytes) -> Tensor:
    """(N,) uint8: the tokenizer is the identity on bytes."""
    return torch.frombuffer(bytearray(payload), dtype=torch.uint8)


def draw_batch(tokens: Tensor, batch: int, sequence: int, generator: torch.Generator) -> Tensor:
    """(batch, sequence + 1) int64 at places drawn by the generator."""
    starts = torch.randint(0, len(tokens) - sequence - 1, (batch,), generator=generator)
    return torch.stack([tokens[start : start + sequence + 1] for start in starts]).long()


@torch.no_grad()
def held_out_loss(model: nn.Module, tokens: Tensor, sequence: int) -> float:
    """Mean cross-entropy in nats a byte, on the same batches every time."""
    generator = torch.Generator().manual_seed(EVALUATION_SEED)
    model.eval()
    losses = [
        loss_of(model, draw_batch(tokens, EVALUATION_SIZE, sequence, generator)).item()
        for _ in range(EVALUATION_BATCHES)
    ]
    model.train()
    return sum(losses) / len(losses)
