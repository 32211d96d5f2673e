"""How long a round lasts: long enough that communication takes at most the share that was declared.

Communication is what machines wait for: from the end of training to the next round's opening, and fetching weights.
"""

from __future__ import annotations

from collections import deque
from statistics import median

from training_cluster.spec import Hyper
from training_cluster.window import Window

REMEMBERED = 5
FASTEST_GROWTH = 2.0
LONGEST_SECONDS = 86_400.0


class Pace:
    """`measured`: seconds from the end of training to the opening of the next round, in the last rounds."""

    def __init__(self, hyper: Hyper, measured: list[float] | None = None) -> None:
        self.hyper = hyper
        self.measured: deque[float] = deque(measured or [], REMEMBERED)
        self.window = Window(hyper.exchange_seconds)
        # As machines say of their last fetch, the median of them.
        self.fetch_seconds = 0.0
        self.last_work = self.declared_work

    @property
    def declared_work(self) -> float:
        """Seconds of training that the creator asked for."""
        return self.hyper.round_seconds - self.hyper.exchange_seconds

    @property
    def communication(self) -> float | None:
        """Seconds of the last round in which machines did not train; None before one was measured."""
        return self.measured[-1] + self.fetch_seconds if self.measured else None

    def note(self, seconds: float) -> None:
        """A round's exchange."""
        self.measured.append(seconds)

    def work_seconds(self) -> float:
        """From the next round's opening to its exchange, fetching included; grows at most twofold a round."""
        exchange, share = (median(self.measured) if self.measured else 0.0), self.hyper.communication_share
        needed = (exchange + self.fetch_seconds) / share - exchange
        wanted = max(self.declared_work, needed)
        self.last_work = min(wanted, max(self.declared_work, self.last_work * FASTEST_GROWTH), LONGEST_SECONDS)
        return self.last_work

    def duration(self) -> float:
        """Of the next round, with the exchange that follows the training."""
        return self.work_seconds() + self.window.seconds
