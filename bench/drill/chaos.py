"""What breaks, and when: a schedule from the seed. Only processes; faults and webhooks are the stand-in's part."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable

from bench.drill.house import WORKERS, MoneyHouse

# Deed -> weight. Each happens once before any is drawn by weight.
WEIGHTS = {
    "kill_worker": 8, "kill_pool_process": 6, "flush_valkey": 3, "kill_valkey": 2, "stop_postgres": 2, "kill_web": 2,
    "kill_beat": 1,
}  # fmt: skip
PAUSES = (5.0, 12.0)
DOWN_SECONDS = 1.5


class Chaos:
    """Does the next deed when its moment has come."""

    def __init__(self, house: MoneyHouse, seed: int) -> None:
        self.house, self.dice = house, random.Random(f"chaos:{seed}")  # noqa: S311  # reason: replay
        self.first = list(WEIGHTS)
        self.dice.shuffle(self.first)
        self.next_at = time.monotonic() + self.dice.uniform(*PAUSES)
        self.done: Counter[str] = Counter()

    def tick(self) -> str:
        """The name of the deed that was done now, or nothing."""
        if time.monotonic() < self.next_at:
            return ""
        name = self.first.pop() if self.first else self.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        deed: Callable[[], None] = getattr(self, name)
        deed()
        self.done[name] += 1
        self.next_at = time.monotonic() + self.dice.uniform(*PAUSES)
        return name

    def _worker(self) -> str:
        return f"worker-{self.dice.randint(1, WORKERS)}"

    def kill_worker(self) -> None:
        """kill -9 to a worker and its pool; another starts."""
        self._restart(self._worker(), signal.SIGKILL, down=0)

    def kill_pool_process(self) -> None:
        """kill -9 to the process that is charging; its parent starts another."""
        self.house.kill_child(self._worker())

    def flush_valkey(self) -> None:
        """Every queued hint is forgotten."""
        self.house.flush_valkey()

    def kill_valkey(self) -> None:
        """The broker dies, and comes back a moment later."""
        self._restart("valkey", signal.SIGKILL)

    def stop_postgres(self) -> None:
        """Immediate shutdown: sessions are cut, the next start recovers from the log."""
        self._restart("postgres", signal.SIGQUIT)

    def kill_web(self) -> None:
        """The site dies with webhooks on their way to it."""
        self._restart("web", signal.SIGKILL)

    def kill_beat(self) -> None:
        """The scheduler of the sweeps dies."""
        self._restart("beat", signal.SIGKILL, down=0)

    def _restart(self, name: str, number: int, down: float = DOWN_SECONDS) -> None:
        self.house.kill(name, number)
        time.sleep(down)
        self.house.start(name)
