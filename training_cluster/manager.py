"""The cluster manager: keeps an anchor for each open run and one auditor, as the platform's list says.

Each program leads its own process group, because killing hivemind's main process orphans its daemons; a program that
ends is started again with a growing pause.
"""

from __future__ import annotations

import argparse
import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from training_cluster.client import Api, ApiError, PlatformAway, bearer

logger = logging.getLogger("manager")
POLL_SECONDS = 2.0
STOP_SECONDS = 8.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STEADY_SECONDS = 60.0
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """The kernel ends this process when the manager dies (Linux only)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(slots=True)
class Program:
    """A child that is kept running."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    slot: int = -1
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = field(default=FIRST_PAUSE)
    not_before: float = 0.0

    def keep(self) -> None:
        """Start it when it is not running and its pause is over."""
        if self.process is not None and self.process.poll() is None:
            return
        now = time.monotonic()
        if self.process is not None:
            self._note_end(now)
        if now < self.not_before:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.argv,
                env={**os.environ, **self.env},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # reason: this process has a single thread
            )
        self.started = now
        logger.info("program_started name=%s pid=%d", self.name, self.process.pid)

    def _note_end(self, now: float) -> None:
        assert self.process is not None
        end_group(self.process.pid, signal.SIGKILL)
        self.pause = FIRST_PAUSE if now - self.started > STEADY_SECONDS else min(self.pause * 2, LONGEST_PAUSE)
        self.not_before = now + self.pause
        logger.warning("program_ended name=%s status=%s again_in=%.0f", self.name, self.process.returncode, self.pause)
        self.process = None

    def stop(self) -> None:
        """SIGTERM, then SIGKILL to the whole group."""
        if self.process is None:
            return
        end_group(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            logger.warning("program_killed name=%s", self.name)
        end_group(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


def end_group(pgid: int, number: int) -> None:
    """Signal a whole process group, gone or not."""
    try:
        os.killpg(pgid, number)
    except (ProcessLookupError, PermissionError):
        return


class Manager:
    """What should run against what does."""

    def __init__(self, platform: str, api: Api, state: Path, host: str, port: int) -> None:
        self.platform, self.api, self.state, self.host, self.port = platform, api, state, host, port
        self.anchors: dict[str, Program] = {}
        self.auditor: Program | None = None

    def reconcile(self) -> None:
        """One look at the platform's list."""
        desired = self.api.get("/api/v1/cluster/desired")
        wanted = {run["run_id"]: run["token"] for run in desired["runs"]}
        for run_id in set(self.anchors) - set(wanted):
            self.anchors.pop(run_id).stop()
        for run_id, token in wanted.items():
            if run_id not in self.anchors:
                self.anchors[run_id] = self.anchor(run_id, token)
        if self.auditor is None:
            self.auditor = self.program(
                "auditor", "auditor", [], {"COMMONWEAVE_AUDITOR_TOKEN": desired["auditor_token"]}
            )

    def program(self, name: str, module: str, arguments: list[str], env: dict[str, str]) -> Program:
        """A program of this package."""
        argv = [sys.executable, "-m", f"training_cluster.{module}", "--platform", self.platform, *arguments]
        return Program(name, argv, env, self.state / "logs" / f"{name}.log")

    def anchor(self, run_id: str, token: str) -> Program:
        """A run's anchor on the lowest free port from the base on."""
        slot = next(n for n in range(len(self.anchors) + 1) if n not in {a.slot for a in self.anchors.values()})
        arguments = ["--run", run_id, "--state", str(self.state / "runs" / run_id)]
        arguments += ["--listen", f"/ip4/{self.host}/tcp/{self.port + slot}"]
        program = self.program(f"anchor-{run_id[:8]}", "anchor", arguments, {"COMMONWEAVE_RUN_TOKEN": token})
        program.slot = slot
        return program

    def keep(self) -> None:
        """Start what has ended."""
        for program in (*self.anchors.values(), *([self.auditor] if self.auditor else [])):
            program.keep()

    def stop(self) -> None:
        """End everything."""
        for program in (*self.anchors.values(), *([self.auditor] if self.auditor else [])):
            program.stop()


def main() -> int:
    """Manage until told to stop. The token comes by the environment."""
    parser = argparse.ArgumentParser(prog="commonweave-manager", description=__doc__)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="address on which anchors listen")
    parser.add_argument("--port", type=int, default=28500, help="first port of the anchors; one for each open run")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stdout)
    api = Api(arguments.platform, bearer(os.environ["CLUSTER_TOKEN"]), patience_seconds=5)
    manager = Manager(arguments.platform, api, arguments.state, arguments.host, arguments.port)
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        while not stopping:
            try:
                manager.reconcile()
            except (ApiError, PlatformAway) as error:
                logger.warning("platform_away reason=%s", error)
            manager.keep()
            time.sleep(POLL_SECONDS)
    finally:
        manager.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
