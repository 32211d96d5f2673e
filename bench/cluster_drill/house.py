"""The cluster drill's processes: databases, site, worker, beat, cluster manager, and agents that come and go."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from bench.stack.house import House
from launcher.errors import LaunchError
from launcher.processes import Service
from launcher.stack import Stack, require_cluster_python

STOP_SECONDS, HAND_IN_SECONDS = 40.0, 30.0


class ClusterHouse(House):
    """Agents are processes of their own, niced, so that the site stays quick."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, {"DISPUTE_WINDOW_SECONDS": "5"})

    def chosen(self, stack: Stack) -> Iterable[Service]:
        """Site, worker, beat, and the manager that keeps anchor and auditor."""
        given = {service.name: service for service in stack.web_services()}
        return given["web"], given["worker"], given["beat"], stack.manager_service()

    def module(self, name: str, *arguments: str) -> list[str]:
        """The argv of a part of the drill that knows Django."""
        return [sys.executable, "-m", f"bench.cluster_drill.{name}", *arguments]

    def home(self, name: str) -> Path:
        """The agent's folder."""
        return self.folder / "agents" / name

    def start_agent(self, name: str, kind: str) -> None:
        """An agent at work in its own process group; `kind` is honest or a cheat's name."""
        argv = [require_cluster_python(), "-m", "bench.cluster_drill.agent", kind, "--state", str(self.home(name))]
        self.services[name] = Service(
            name, [*argv, "run", "--threads", "1", "--nice", "0"], self.environment, stop_seconds=STOP_SECONDS, nice=5,
            is_essential=False,
        )  # fmt: skip
        self.start(name)

    def is_running(self, name: str) -> bool:
        """Whether a service's process is there."""
        return any(child.service.name == name and child.process.poll() is None for child in self.supervisor.running)

    def command(self, name: str, words: Sequence[str]) -> None:
        """A command of the agent beside its `run`, as its owner would type it. Raises LaunchError."""
        argv = [require_cluster_python(), "-m", "training_cluster.worker", "--state", str(self.home(name)), *words]
        self.ask(argv, f"{name} did not take {words[0]!r}")

    def is_at_work(self, name: str) -> bool:
        """Whether the agent holds a lease and has not done all of its steps."""
        home = self.home(name)
        try:
            state = json.loads((home / "state.json").read_text())
        except FileNotFoundError:
            return False
        return (home / "lease.json").exists() and 0 < state["steps"] < state["max_steps"]

    def kill_process(self, pid: int) -> None:
        """kill -9 to one process alone, whose children must see by themselves that it is gone."""
        os.kill(pid, signal.SIGKILL)

    def anchor_pid(self) -> int:
        """The anchor that the manager keeps. Raises LaunchError when there is none."""
        parent = self.running("cluster-manager").process.pid
        for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            if b"training_cluster.anchor" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return int(pid)
        raise LaunchError("There is no anchor to kill.")

    def stop_agents(self, names: Iterable[str]) -> None:
        """Ask all of them to hand in what is finished, then wait for each."""
        here = [child for child in self.supervisor.running if child.service.name in set(names)]
        for child in here:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + HAND_IN_SECONDS
        for child in here:
            # A second signal would end it at once, in the middle of its last exchange.
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, until - time.monotonic()))
            child.stop()
            self.supervisor.running.remove(child)


def log_of(folder: Path, name: str) -> Path:
    """Where a service writes."""
    return folder / "logs" / f"{name}.log"
