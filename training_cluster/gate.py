"""Whether a merge stays: its held-out loss against the best of the rounds before it.

The limit is relative, because tasks' losses differ by orders of magnitude, and it does not follow the last loss, so
that many small steps upwards are stopped where one large step would be.
"""

from __future__ import annotations

import math
from collections import deque

MAX_RISE_SHARE = 0.10
REMEMBERED = 50


class Gate:
    """Held-out losses of the last rounds; `losses` goes into the checkpoint."""

    def __init__(self, losses: list[float] | None = None) -> None:
        self.losses: deque[float] = deque(losses or [], REMEMBERED)

    @property
    def limit(self) -> float:
        """The highest loss that may stay; infinite before anything was measured."""
        return min(self.losses) * (1 + MAX_RISE_SHARE) if self.losses else math.inf

    def lets_pass(self, loss: float) -> bool:
        """Whether the merge with this loss stays."""
        return math.isfinite(loss) and loss <= self.limit

    def note(self, loss: float) -> None:
        """The loss with which a round ended."""
        if math.isfinite(loss):
            self.losses.append(loss)
