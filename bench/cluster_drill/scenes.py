"""Things that happen beside each other: generators that yield how many seconds they wait, turned by one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable

Scene = Generator[float, None, None]
GLANCE = 0.02


def until(condition: Callable[[], bool], seconds: float) -> Generator[float, None, bool]:
    """Wait for something, or so long; returns whether it came true."""
    end = time.monotonic() + seconds
    while not (came := condition()) and time.monotonic() < end:
        yield GLANCE
    return came


class Scenes:
    """Turns each scene when its wait is over."""

    def __init__(self, scenes: Iterable[Scene]) -> None:
        self.due: list[tuple[float, Scene]] = [(time.monotonic(), scene) for scene in scenes]

    def tick(self) -> bool:
        """One look at all of them; whether any is left."""
        now, left = time.monotonic(), []
        for at, scene in self.due:
            if at > now:
                left.append((at, scene))
                continue
            try:
                left.append((now + next(scene), scene))
            except StopIteration:
                continue
        self.due = left
        return bool(left)
