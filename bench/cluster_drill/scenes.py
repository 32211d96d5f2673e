"""Things that happen beside each other: generators that yield how many seconds they wait, turned by one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable

Scene = Generator[float, None, None]
GLANCE = 0.02


def always() -> bool:
    """Every second counts."""
    return True


def until(
    condition: Callable[[], bool], seconds: float, counts: Callable[[], bool] = always
) -> Generator[float, None, bool]:
    """Wait for something, or for so many seconds of those that count; returns whether it came true."""
    left, seen = seconds, time.monotonic()
    while not (came := condition()) and left > 0:
        yield GLANCE
        now = time.monotonic()
        left, seen = left - (now - seen if counts() else 0.0), now
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
