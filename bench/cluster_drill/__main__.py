"""`python -m bench.cluster_drill --seed 7`: volunteers train for real while everything breaks and some cheat.

One line of JSON on stdout, progress on stderr. Exit status 0 when every second is accounted for, 1 when one is not, 2
when the drill itself could not run, 130 after Ctrl-C. All traffic is on loopback; it ends by itself within 10 minutes.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from bench.cluster_drill.aftermath import Aftermath
from bench.cluster_drill.house import ClusterHouse
from bench.cluster_drill.reading import lines_of
from bench.cluster_drill.scenes import Scene, Scenes, until
from bench.cluster_drill.timetable import FULL, HONEST, SHORT, Timetable
from bench.stack.stage import DIFFERENCES, Outcome, perform, say, stop_after, stop_on_signals
from launcher.errors import LaunchError

TICK_SECONDS = 0.02
# What ends by itself anyway must end within ten minutes on any machine.
LONGEST_SECONDS = 590
MOMENT_SECONDS, FIRST_BLOCK_SECONDS = 30, 60
UNDECIDED = """
SELECT count(*) FROM compute_pledges_workresult WHERE state IN ('reported', 'auditing', 'verified')
"""

NEWEST_RECEIPT = """
SELECT receipt, signature FROM compute_pledges_workresult WHERE device_id = %s ORDER BY received_at DESC LIMIT 1
"""


class Drill:
    """One run, in a folder of its own."""

    def __init__(self, seed: int, times: Timetable, folder: Path) -> None:
        self.seed, self.times, self.folder = seed, times, folder
        self.dice = random.Random(f"cluster:{seed}")  # noqa: S311  # reason: replay
        self.began, self.house = time.monotonic(), ClusterHouse(folder)
        self.cast: dict[str, Any] = {}
        self.done: list[str] = []
        self.is_away, self.after = False, Aftermath()

    def run(self) -> Outcome:
        """From nothing to the verdict. Raises LaunchError."""
        self.tell(f"drill with seed {self.seed} in {self.folder}")
        self.house.open()
        names = [*HONEST, *(name for wave in self.times.waves for name in wave)]
        printed = self.house.ask(self.house.module("seed", str(self.folder), *names), "The cast could not be made")
        self.cast = json.loads(printed)
        self.tell(f"site, workers, anchor and {len(names)} machines are there")
        self._train()
        self._drain()
        return self._judge()

    def tell(self, text: str) -> None:
        """Progress with its second."""
        say(f"{time.monotonic() - self.began:6.0f} s  {text}")

    def note(self, what: str, text: str) -> None:
        """Something broke as planned."""
        self.done.append(what)
        self.tell(text)

    def _train(self) -> None:
        for name in self.times.first:
            self._honest(name)
        begun = time.monotonic()
        while time.monotonic() < begun + FIRST_BLOCK_SECONDS and not self._have_worked(self.times.first, 1):
            time.sleep(0.2)
        # The timetable counts from here, so that a slow machine breaks the same things as a quick one.
        self.tell("everybody has handed in a block")
        scenes = Scenes(
            [self._killed(), self._paused(), self._late(), self._anchor(), self._database(), self._cheats()]
        )
        end = time.monotonic() + self.times.last
        while scenes.tick() and time.monotonic() < end:
            for name in self.house.revive():
                raise LaunchError(f"{name} ended by itself.")
            time.sleep(TICK_SECONDS)
        while time.monotonic() < end and not self._have_worked(HONEST, 3):
            time.sleep(1)

    def _have_worked(self, names: Iterable[str], blocks: int) -> bool:
        """Whether each of them has trained so many blocks."""
        lines = (lines_of(self.folder, name) for name in names)
        return all(sum("steps" in line for line in account) >= blocks for account in lines)

    def _honest(self, name: str) -> None:
        self.house.start_agent(name, "honest")
        self.tell(f"{name} is at work")

    def _late(self) -> Scene:
        yield self.times.late
        self._honest("late")
        self.done.append("late")

    def _killed(self) -> Scene:
        yield self.times.kill + self.dice.uniform(0, 5)
        if not (yield from until(lambda: self.house.is_at_work("killed"), MOMENT_SECONDS)):
            return
        self.house.kill_process(self.house.running("killed").process.pid)
        self.note("kill", "killed: kill -9 in the middle of its block")
        yield self.times.kill_for
        self.house.forget("killed")
        self._honest("killed")

    def _paused(self) -> Scene:
        yield self.times.pause + self.dice.uniform(0, 5)
        self.house.command("paused", ["pause", "1h"])
        self.after.paused_at = datetime.now(UTC)
        self.note("pause", "paused: its owner needs the machine")
        yield self.times.pause_for
        self.after.resumed_at = datetime.now(UTC)
        self.house.command("paused", ["resume"])
        self.tell("paused: resumed")

    def _anchor(self) -> Scene:
        yield self.times.anchor + self.dice.uniform(0, 5)
        pid = self.house.anchor_pid()
        self.house.kill_process(pid)
        self.tell("the anchor: kill -9")
        if (yield from until(lambda: self._has_other_anchor(pid), MOMENT_SECONDS, counts=self._is_there)):
            self.after.mark("anchor")
            self.note("anchor", "the anchor is there again")

    def _has_other_anchor(self, gone: int) -> bool:
        try:
            return self.house.anchor_pid() != gone
        except LaunchError:
            return False

    def _database(self) -> Scene:
        yield self.times.database + self.dice.uniform(0, 5)
        self.is_away = True
        self.house.kill("postgres", signal.SIGQUIT)
        self.note("database", f"the database is away for {self.times.database_for:g} s")
        yield self.times.database_for
        self.house.start("postgres")
        self.is_away = False
        self.after.mark("database")
        self.tell("the database is back")
        yield self.times.database_after

    def _cheats(self) -> Scene:
        """Wave after wave; each cheat ends by itself, or is shut out."""
        yield self.times.cheats
        for wave in self.times.waves:
            yield from until(self._is_there, self.times.last)
            for name in wave:
                if name == "stolen_receipt":
                    yield from until(self._leak, MOMENT_SECONDS)
                self.house.start_agent(name, name)
            self.tell(f"cheats come: {', '.join(wave)}")
            yield from until(partial(self._are_gone, wave), self.times.wave, counts=self._is_there)
            self.tell(f"cheats went: {', '.join(name for name in wave if not self.house.is_running(name))}")

    def _is_there(self) -> bool:
        """Nobody can do a deed, or be found out, while the database is away."""
        return not self.is_away

    def _leak(self) -> bool:
        """Somebody else's newest signed receipt falls into the hands of the thief; whether there was one."""
        with psycopg.connect(self.house.postgres.url) as connection:
            row = connection.execute(NEWEST_RECEIPT, (self.cast["devices"]["steady"],)).fetchone()
        if row is None:
            return False
        body = {"receipt": row[0], "signature": base64.b64encode(row[1]).decode()}
        (self.house.home("stolen_receipt") / "stolen.json").write_text(json.dumps(body))
        return True

    def _are_gone(self, names: tuple[str, ...]) -> bool:
        return not any(self.house.is_running(name) for name in names)

    def _drain(self) -> None:
        self.tell("everybody stops")
        self.house.stop_agents(self.cast["devices"])
        until_ = time.monotonic() + self.times.drain
        while (left := self._undecided()) and time.monotonic() < until_:
            time.sleep(1)
        self.tell("every block is settled or refused" if not left else f"{left} blocks are undecided")

    def _undecided(self) -> int:
        with psycopg.connect(self.house.postgres.url) as connection:
            row = connection.execute(UNDECIDED).fetchone()
        assert row is not None
        return int(row[0])

    def _judge(self) -> Outcome:
        arguments = (str(self.folder), str(self.seed), json.dumps(self.cast))
        line = json.loads(self.house.ask(self.house.module("verdict", *arguments), "The verdict could not be found"))
        line["differences"] += self.after.differences(self.house.postgres.url, self.cast["devices"]["paused"])
        missing = sorted({"kill", "pause", "late", "anchor", "database"} - set(self.done))
        line["differences"] += [f"{name}: it was planned and did not happen" for name in missing]
        line["seconds"] = round(time.monotonic() - self.began)
        is_clean = not line["differences"]
        return Outcome(line, is_clean, "Every second is accounted for." if is_clean else DIFFERENCES)


def read_arguments() -> argparse.Namespace:
    """Seed, length, and what operators want kept."""
    parser = argparse.ArgumentParser(prog="make drill-cluster", description="Break a run, count every second.")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--short", action="store_true", help="a minute and a half, for tests")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and data")
    return parser.parse_args()


def main() -> int:
    """Run, print, clean up."""
    arguments = read_arguments()
    folder = Path(tempfile.mkdtemp(prefix="commonweave-drill-"))
    stop_on_signals()
    stop_after(LONGEST_SECONDS)
    drill = Drill(arguments.seed, SHORT if arguments.short else FULL, folder)
    return perform(drill, drill.house, folder, keep=arguments.keep)


if __name__ == "__main__":
    sys.exit(main())
