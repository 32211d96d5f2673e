"""The agent as a guest: what it may do now, what it moves, what it tells, for one device of this machine."""

from __future__ import annotations

import errno
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training_cluster.volunteer.guard import Guard
from training_cluster.volunteer.sensors import Sensors
from training_cluster.volunteer.traffic import Meter, Pace, Traffic

STATE_FILE = "state.json"


@dataclass(slots=True)
class State:
    """What `status` shows of a running agent. `at` is seconds since 1970."""

    text: str = ""
    pid: int = 0
    run_id: str = ""
    round: int | None = None
    steps: int = 0
    max_steps: int = 0
    loss: float | None = None
    blocks: int = 0
    reported_us: int = 0
    lost_blocks: int = 0
    at: float = 0.0


class Guest:
    """`home` keeps limits, pause and traffic for the whole machine; `folder` is one device's."""

    def __init__(self, home: Path, folder: Path, gpu_index: int | None) -> None:
        self.home, self.folder = home, folder
        meter = Meter(home)
        self.guard = Guard(home, Sensors(home, gpu_index), meter)
        self.traffic = Traffic(
            meter, Pace(lambda: self.guard.limits().up_mbit), Pace(lambda: self.guard.limits().down_mbit)
        )
        self.state = State(pid=os.getpid())

    def tell(self, **changes: Any) -> None:
        """Let `status` see where the work is. A full disk must not end it."""
        for name, value in changes.items():
            setattr(self.state, name, value)
        self.state.at = time.time()
        candidate = self.folder / f"{STATE_FILE}.new"
        try:
            candidate.write_text(json.dumps(asdict(self.state)))
            candidate.replace(self.folder / STATE_FILE)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def read_state(folder: Path) -> State | None:
    """What the agent of this folder last told, or None."""
    file = folder / STATE_FILE
    if not file.exists():
        return None
    try:
        return State(**json.loads(file.read_text()))
    except (ValueError, TypeError):
        return None
