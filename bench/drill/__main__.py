"""`python -m bench.drill --seed 7 --pledges 2000`: breaks everything around the money, then counts every cent.

One line of JSON on stdout, progress on stderr. Exit status 0 when every difference is zero, 1 when one is not, 2 when
the drill itself could not run, 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.drill.chaos import Chaos
from bench.drill.house import MoneyHouse
from bench.stack.stage import DIFFERENCES, Outcome, end_of, perform, say, stop_on_signals
from launcher.errors import LaunchError
from launcher.processes import Service

TICK_SECONDS = 0.2
DAMAGES = ("second-charge", "charge-nobody-booked", "stuck-pledge")
LONGEST_SECONDS = 15 * 60


class Drill:
    """One run, in a folder of its own."""

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        self.arguments, self.folder = arguments, folder
        self.began, self.heard = time.monotonic(), 0
        self.house = MoneyHouse(folder)
        self.chaos: Chaos | None = None
        self.kills: dict[str, int] = {}
        self.verdict: dict[str, Any] | None = None

    def run(self) -> Outcome:
        """Everything. Raises LaunchError when something of the drill does not start or ends too early."""
        self.tell(f"drill with seed {self.arguments.seed} and {self.arguments.pledges} pledges in {self.folder}")
        self.house.open()
        self.tell("databases, stand-in, site, workers and beat are up")
        self._start_play()
        while self.verdict is None:
            self._listen()
            self._break()
            time.sleep(TICK_SECONDS)
        line = {**self.verdict["line"], "kills": self.kills, "seconds": round(time.monotonic() - self.began)}
        is_clean = bool(self.verdict["clean"])
        return Outcome(line, is_clean, "Every cent is accounted for." if is_clean else DIFFERENCES)

    def tell(self, text: str) -> None:
        """Progress with its second."""
        say(f"{time.monotonic() - self.began:6.0f} s  {text}")

    def _start_play(self) -> None:
        arguments = self.arguments
        argv = [
            sys.executable, "-m", "bench.drill.play", str(self.folder / "play.jsonl"), str(arguments.seed),
            str(arguments.pledges), str(self.folder), ",".join(arguments.damage),
        ]  # fmt: skip
        self.house.services["play"] = Service("play", argv, self.house.environment, stop_seconds=5, is_essential=False)
        self.house.start("play")

    def _listen(self) -> None:
        file = self.folder / "play.jsonl"
        lines = file.read_text().splitlines(keepends=True) if file.exists() else []
        whole = [line for line in lines if line.endswith("\n")]
        for line in whole[self.heard :]:
            self._hear(json.loads(line))
        self.heard = len(whole)
        if self.verdict is None and self.house.running("play").process.poll() is not None:
            raise LaunchError(f"The players ended early:\n{end_of(self.folder / 'logs' / 'play.log')}")
        if time.monotonic() - self.began > LONGEST_SECONDS:
            raise LaunchError(f"The drill did not end in {LONGEST_SECONDS} s.")

    def _hear(self, facts: dict[str, Any]) -> None:
        if text := facts.get("say"):
            self.tell(text)
        if facts.get("phase") == "chaos":
            self.chaos = Chaos(self.house, self.arguments.seed)
        if facts.get("phase") == "calm" and self.chaos:
            self.kills, self.chaos = dict(self.chaos.done), None
        self.verdict = facts.get("verdict", self.verdict)

    def _break(self) -> None:
        for name in self.house.revive() if self.verdict is None else []:
            self.tell(f"{name} had ended by itself and was started again")
        if self.chaos and (name := self.chaos.tick()):
            self.tell(f"    {name.replace('_', ' ')}")


def read_arguments() -> argparse.Namespace:
    """Seed, number of pledges, and what operators want kept."""
    parser = argparse.ArgumentParser(prog="make drill-money", description="Break everything, count every cent.")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--pledges", type=int, default=2000)
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and data")
    parser.add_argument("--damage", action="append", default=[], choices=DAMAGES, help="prove that the drill can fail")
    return parser.parse_args()


def main() -> int:
    """Run, print, clean up."""
    arguments = read_arguments()
    folder = Path(tempfile.mkdtemp(prefix="commonweave-drill-"))
    stop_on_signals()
    drill = Drill(arguments, folder)
    return perform(drill, drill.house, folder, keep=arguments.keep)


if __name__ == "__main__":
    sys.exit(main())
