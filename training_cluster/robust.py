"""Averaging updates when some of them may be poison: norms clipped, then a mean, a trimmed mean or a median.

It works on a span of coordinates at a time, so a reducer never needs whole updates, and the result is the same however
many reducers share the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

# Clipping compares senders within spans of this many values: layers differ more than machines do.
SPAN = 2**17
TRIMMED_SHARE = 0.25
FEWEST_TO_TRIM = 3


@dataclass(frozen=True, slots=True)
class Robust:
    """`clip`: how many times the median norm a sender's span may have; 0 clips nothing."""

    reduction: str = "mean"
    clip: float = 0.0

    def reduce(self, rows: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
        """One (size,) average of (size,) rows; senders of weight 0 do not count. Zeros when nobody counts."""
        counted = [(row.reshape(-1), weight) for row, weight in zip(rows, weights, strict=True) if weight > 0]
        if not counted:
            return torch.zeros_like(rows[0].reshape(-1))
        values = torch.stack([row for row, _ in counted]).float()
        shares = torch.tensor([weight for _, weight in counted], dtype=torch.float32)
        parts = [self._span(values[:, at : at + SPAN], shares) for at in range(0, values.shape[1], SPAN)]
        return torch.cat(parts)

    def _span(self, values: Tensor, weights: Tensor) -> Tensor:
        """(n, span) and (n,) to (span,)."""
        if self.clip > 0 and len(values) > 1:
            norms = values.norm(dim=1)
            limit = self.clip * norms.median()
            values = values * (limit / norms.clamp_min(1e-30)).clamp_max(1.0)[:, None]
        if self.reduction == "median":
            return weighted_median(values, weights)
        if self.reduction == "trimmed_mean" and len(values) >= FEWEST_TO_TRIM:
            return trimmed_mean(values, weights)
        return (values * weights[:, None]).sum(0) / weights.sum()


def weighted_median(values: Tensor, weights: Tensor) -> Tensor:
    """(span,): in each coordinate the value below which half of the weight lies; the middle of two that share it."""
    ordered, order = values.sort(dim=0)
    passed = weights[order].cumsum(0)
    half = weights.sum() / 2
    lower = (passed < half).sum(0, keepdim=True).clamp_max(len(values) - 1)
    upper = (passed <= half).sum(0, keepdim=True).clamp_max(len(values) - 1)
    return ((ordered.gather(0, lower) + ordered.gather(0, upper)) / 2)[0]


def trimmed_mean(values: Tensor, weights: Tensor) -> Tensor:
    """(span,): the weighted mean without the highest and the lowest quarter of the senders in each coordinate."""
    cut = max(1, int(len(values) * TRIMMED_SHARE))
    ordered, order = values.sort(dim=0)
    kept, shares = ordered[cut:-cut], weights[order][cut:-cut]
    return (kept * shares).sum(0) / shares.sum(0)


class Collector:
    """Stands where hivemind adds parts up: keeps them until all are here, then reduces them."""

    def __init__(self, robust: Robust, shape: torch.Size) -> None:
        self.robust, self.shape = robust, shape
        self.rows: list[Tensor] = []
        self.weights: list[float] = []

    def add_(self, part: Tensor, alpha: float) -> None:
        """A sender's part with its weight."""
        self.rows.append(part)
        self.weights.append(float(alpha))

    def div_(self, _denominator: float) -> Tensor:
        """The average, in the part's shape."""
        if not self.rows:
            return torch.zeros(self.shape)
        return self.robust.reduce(self.rows, self.weights).view(self.shape)
