"""What happens when: seconds after the first volunteers handed in a block. The short form is for the tests."""

from __future__ import annotations

from dataclasses import dataclass

HONEST = ("steady", "killed", "paused", "late")
# In waves, because two cores train all of it. Each name is a class of `cheats` or `tricks`.
WAVES: tuple[tuple[str, ...], ...] = (
    ("no_work", "half_the_steps", "shaved_1"),
    ("replayed", "stale_weights", "shaved_3", "two_pledges"),
    ("noise", "inflated_weight", "shaved_5", "clock_forward"),
    ("stolen_receipt", "slow_calibration"),
)


@dataclass(frozen=True, slots=True)
class Timetable:
    """Seconds; `last` ends the training whatever has been reached, `drain` bounds the audits that are still due."""

    kill: float = 40
    kill_for: float = 10
    pause: float = 65
    pause_for: float = 25
    late: float = 55
    anchor: float = 110
    database: float = 150
    database_for: float = 60
    database_after: float = 40
    cheats: float = 15
    wave: float = 75
    last: float = 430
    drain: float = 90
    waves: tuple[tuple[str, ...], ...] = WAVES
    first: tuple[str, ...] = ("steady", "killed", "paused")


FULL = Timetable()
SHORT = Timetable(
    kill=2, kill_for=1, pause=1, pause_for=6, late=0, anchor=14, database=24, database_for=5, database_after=15,
    cheats=1, wave=45, last=120, drain=60, waves=(),
)  # fmt: skip
# Small enough that a block of a hundred steps takes less than a second of one core: sixteen machines train here at
# once, and every block is replayed. A hundred steps, because one that is skipped then lies beyond the threshold.
CONFIG = {"model_type": "gpt2", "n_layer": 1, "n_embd": 32, "n_head": 2, "n_positions": 32, "vocab_size": 256}
HYPER = {
    "batch": 8, "sequence": 32, "max_steps": 100, "segment_steps": 10, "round_seconds": 10, "exchange_seconds": 3,
    "communication_share": 0.5, "exchange": "hivemind",
}  # fmt: skip
