"""Honest compute credited while machines come and go: real agents, the real platform, an anchor, an auditor.

    python -m bench.churn --minutes 6 --agents 5 --session 120

Sessions end after times drawn around `--session` seconds, `--kill-share` of them by kill -9 of the agent in whatever it
does, the others by a request to stop or a pause; after a while the machine comes back. One machine joins late. A round
lasts 10 s, so sessions of 120 s are as two hours are to rounds of ten minutes. Computed steps are what agents wrote
down themselves, with those of blocks that a kill cut; credited are the steps of verified blocks. One line of JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from bench.cluster_drill.house import ClusterHouse
from bench.cluster_drill.reading import lines_of
from bench.cluster_drill.scenes import Scene, Scenes
from bench.stack.stage import Outcome, perform, say, stop_on_signals

AWAY_SECONDS = (5.0, 15.0)
LATE_SECONDS = 30.0
DRAIN_SECONDS = 120.0
TICK_SECONDS = 0.05
BLOCKS = """
SELECT coalesce(sum(steps) FILTER (WHERE state IN ('verified', 'settled')), 0), count(*),
       count(*) FILTER (WHERE state IN ('rejected', 'reversed')),
       count(*) FILTER (WHERE state IN ('reported', 'auditing'))
FROM compute_pledges_workresult
"""
ROUNDS = """
SELECT communication_seconds, duration_seconds - coalesce(exchange_seconds, 3) FROM compute_pledges_round
WHERE communication_seconds IS NOT NULL
"""
AUDITS = """
SELECT count(*), coalesce(sum(a.seconds), 0), coalesce(sum(w.steps), 0) FROM compute_pledges_audit a
JOIN compute_pledges_workresult w ON w.lease_id = a.result_id WHERE a.finished_at IS NOT NULL
"""


@dataclass(slots=True)
class Tally:
    """What was done to the machines, and the steps that kills cut off."""

    sessions: int = 0
    kills: int = 0
    stops: int = 0
    pauses: int = 0
    steps_cut: int = 0


class Churn:
    """One run, in a folder of its own."""

    def __init__(self, chosen: argparse.Namespace, folder: Path) -> None:
        self.chosen, self.folder, self.house, self.tally = chosen, folder, ClusterHouse(folder), Tally()
        self.dice = random.Random(f"churn:{chosen.seed}")  # noqa: S311  # reason: replay
        self.names = [f"machine-{number}" for number in range(chosen.agents)]

    def run(self) -> Outcome:
        """Open, let machines come and go, count."""
        self.house.open()
        self.house.ask(self.house.module("seed", str(self.folder), *self.names), "The cast could not be made")
        say(f"{len(self.names)} machines come and go for {self.chosen.minutes:g} minutes")
        scenes, end = Scenes([self.life(name) for name in self.names]), time.monotonic() + self.chosen.minutes * 60
        while scenes.tick() and time.monotonic() < end:
            time.sleep(TICK_SECONDS)
        self.house.stop_agents(self.names)
        self.drain()
        line = self.counted()
        return Outcome(line, line["credited_percent"] >= self.chosen.goal, "Counted.")

    def life(self, name: str) -> Scene:
        """A machine's sessions, one after the other."""
        yield LATE_SECONDS if name == self.names[-1] else self.dice.uniform(0, 5)
        while True:
            self.house.start_agent(name, "honest")
            self.tally.sessions += 1
            yield self.dice.expovariate(1 / self.chosen.session)
            fate = self.dice.random()
            if fate < self.chosen.kill_share:
                self.kill(name)
            elif fate < self.chosen.kill_share + (1 - self.chosen.kill_share) / 2:
                self.tally.stops += 1
                self.house.stop_agents([name])
            else:
                yield from self.pause(name)
                continue
            yield self.dice.uniform(*AWAY_SECONDS)

    def kill(self, name: str) -> None:
        """kill -9; what the block had reached is lost, and counted."""
        self.tally.kills += 1
        home = self.house.home(name)
        if self.house.is_at_work(name):
            self.tally.steps_cut += int(json.loads((home / "state.json").read_text())["steps"])
        self.house.kill_process(self.house.running(name).process.pid)
        self.house.forget(name)

    def pause(self, name: str) -> Scene:
        """Its owner needs the machine for a while."""
        self.tally.pauses += 1
        self.house.command(name, ["pause", "1h"])
        yield self.dice.uniform(*AWAY_SECONDS)
        self.house.command(name, ["resume"])
        yield 1.0
        self.house.stop_agents([name])

    def rows(self, query: str) -> list[Any]:
        """Of the platform's database."""
        with psycopg.connect(self.house.postgres.url) as connection:
            return connection.execute(query).fetchall()

    def drain(self) -> None:
        """Until every block is judged."""
        end = time.monotonic() + DRAIN_SECONDS
        while self.rows(BLOCKS)[0][3] and time.monotonic() < end:
            time.sleep(1)

    def counted(self) -> dict[str, Any]:
        """Credited against computed, what communication took, what audits took."""
        done = sum(line["steps"] for name in self.names for line in lines_of(self.folder, name))
        credited, blocks, refused, undecided = self.rows(BLOCKS)[0]
        computed = done + self.tally.steps_cut
        timed = [(float(a), float(b)) for a, b in self.rows(ROUNDS)]
        waited = median(a for a, _ in timed) if timed else 0.0
        audits, seconds, replayed = self.rows(AUDITS)[0]
        return {
            **asdict(self.tally), "computed_steps": computed, "credited_steps": int(credited),
            "credited_percent": round(100 * int(credited) / max(computed, 1), 2), "blocks": blocks,
            "blocks_refused": refused, "blocks_undecided": undecided, "rounds": len(timed),
            "round_overhead_seconds": round(waited, 2),
            "round_overhead_percent": round(100 * median(a / (a + b) for a, b in timed), 1) if timed else None,
            "round_overhead_percent_of_ten_minutes": round(100 * waited / (waited + 600), 2),
            "audits": audits, "audit_seconds": round(float(seconds), 1),
            "audit_percent_of_steps": round(100 * int(replayed) / max(int(credited), 1), 1),
        }  # fmt: skip


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench.churn", description=__doc__)
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--agents", type=int, default=5)
    parser.add_argument("--session", type=float, default=120.0, help="mean seconds of a session")
    parser.add_argument("--kill-share", type=float, default=0.33)
    parser.add_argument("--goal", type=float, default=98.0, help="exit status 1 below so many percent")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and data")
    return parser.parse_args()


def main() -> int:
    """Run, print, clean up."""
    chosen = parse()
    folder = Path(tempfile.mkdtemp(prefix="commonweave-churn-"))
    stop_on_signals()
    churn = Churn(chosen, folder)
    return perform(churn, churn.house, folder, keep=chosen.keep)


if __name__ == "__main__":
    sys.exit(main())
