"""How long after a round's training updates are waited for: as declared, and longer where machines need longer."""

from __future__ import annotations

# What was measured varies; a quarter on top keeps an ordinary round inside.
MARGIN = 1.25
FASTEST_GROWTH = 2.0
# A line that needs more than this many declared windows is too slow for the run; its creator is told.
MOST_DECLARED = 10.0


class Window:
    """Grows at most twofold from round to round, and goes back by itself once updates arrive sooner."""

    def __init__(self, declared: float) -> None:
        self.declared = self.seconds = declared

    def note(self, arrival_seconds: float | None) -> None:
        """When nine tenths of the last rounds' updates had arrived, counted from the end of training; None: unknown."""
        wanted = max(self.declared, (arrival_seconds or 0.0) * MARGIN)
        self.seconds = min(wanted, self.seconds * FASTEST_GROWTH, self.declared * MOST_DECLARED)
