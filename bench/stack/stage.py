"""How a drill begins and ends: progress for people on stderr, one line of JSON on stdout, nothing left behind."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from bench.stack.house import House
from launcher.errors import LaunchError

DIFFERENCES = "There are differences: see the line above."
POLITE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The one line, whether every difference is zero, and the last word for people."""

    line: dict[str, Any]
    is_clean: bool
    last_word: str


class Play(Protocol):
    """What is performed."""

    def run(self) -> Outcome:
        """From the first process to the verdict. Raises LaunchError."""


def say(text: str) -> None:
    """Progress for people."""
    print(text, file=sys.stderr, flush=True)


def end_of(log: Path, lines: int = 25) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "no log"


def stop_on_signals() -> None:
    """Every polite way to end this process ends what it started."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in POLITE:
        signal.signal(number, stop)


def stop_after(seconds: int) -> None:
    """Give up when it takes longer: LaunchError is raised wherever it is then."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise LaunchError(f"It took longer than {seconds} seconds. Nothing was judged.")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)


def perform(play: Play, house: House, folder: Path, *, keep: bool) -> int:
    """Run, print the line, clean up. Returns 0 clean, 1 with differences, 2 when it could not run, 130 stopped."""
    try:
        outcome = play.run()
    except KeyboardInterrupt:
        say("Stopped. Nothing was judged.")
        return 130
    except LaunchError as error:
        say(str(error))
        return 2
    finally:
        _clean_up(house, folder, keep=keep)
    print(json.dumps(outcome.line), flush=True)
    say(outcome.last_word)
    return 0 if outcome.is_clean else 1


def _clean_up(house: House, folder: Path, *, keep: bool) -> None:
    signal.alarm(0)
    for number in POLITE:
        signal.signal(number, signal.SIG_IGN)
    house.close()
    if keep:
        say(f"Kept: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
