"""How long a round lasts: long enough that the exchange takes at most the share that was declared."""

from __future__ import annotations

from collections import deque
from statistics import median

from training_cluster.spec import Hyper

REMEMBERED = 5
FASTEST_GROWTH = 2.0
LONGEST_SECONDS = 86_400.0


class Pace:
    """Measured from the rounds: seconds from the end of training to the opening of the next round."""

    def __init__(self, hyper: Hyper, measured: list[float] | None = None) -> None:
        self.hyper = hyper
        self.measured: deque[float] = deque(measured or [], REMEMBERED)
        self.last_work = self.declared_work

    @property
    def declared_work(self) -> float:
        """Seconds of training that the creator asked for."""
        return self.hyper.round_seconds - self.hyper.exchange_seconds

    def note(self, seconds: float) -> None:
        """A round's communication."""
        self.measured.append(seconds)

    def work_seconds(self) -> float:
        """Training time of the next round; grows at most twofold from round to round."""
        share = self.hyper.communication_share
        needed = median(self.measured) * (1 - share) / share if self.measured else 0.0
        wanted = max(self.declared_work, needed)
        self.last_work = min(wanted, max(self.declared_work, self.last_work * FASTEST_GROWTH), LONGEST_SECONDS)
        return self.last_work

    def duration(self) -> float:
        """Of the next round, with the exchange that follows the training."""
        return self.work_seconds() + self.hyper.exchange_seconds
