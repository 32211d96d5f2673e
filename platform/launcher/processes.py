"""Supervised child processes: ordered start with readiness checks, reverse stop, no process left.

Each child leads its own process group. The kernel's death signal reaches direct children only, so a watchdog process
holds one end of a pipe: when the supervisor dies, even by kill -9, it ends every group it was told of.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from launcher.errors import LaunchError

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(slots=True)
class Service:
    """A program to run; `ready` is polled until it is true."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] = field(default=lambda: True)
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 15
    start_seconds: float = 60
    nice: int = 0
    is_essential: bool = True


def group_exists(pgid: int) -> bool:
    """Whether any process of the group is alive."""
    try:
        os.killpg(pgid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end_group(pgid: int, grace_seconds: float = 5) -> None:
    """SIGTERM, then SIGKILL, to a whole process group."""
    for number, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 2.0)):
        try:
            os.killpg(pgid, number)
        except ProcessLookupError:
            return
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not group_exists(pgid):
                return
            time.sleep(0.05)


class Watchdog:
    """A process that ends every registered group when this one dies."""

    def __init__(self) -> None:
        argv = [sys.executable, str(Path(__file__).with_name("watchdog.py"))]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, start_new_session=True)

    def tell(self, verb: str, pgid: int) -> None:
        """Register (`+`) or forget (`-`) a group."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{verb}{pgid}\n".encode())
        self.process.stdin.flush()

    def dismiss(self) -> None:
        """Everything was stopped in order; the watchdog may go."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


class Running:
    """A started service."""

    def __init__(self, service: Service, log: Path, watchdog: Watchdog) -> None:
        self.service, self.log, self.watchdog = service, log, watchdog
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                self._argv(),
                env={**os.environ, **service.env},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # reason: the launcher has no threads when it starts children
            )
        watchdog.tell("+", self.process.pid)

    def _argv(self) -> list[str]:
        prefix = ["nice", "-n", str(self.service.nice)] if self.service.nice else []
        return [*prefix, *self.service.argv]

    def wait_ready(self) -> None:
        """Poll until ready. Raises LaunchError with the end of the log."""
        until = time.monotonic() + self.service.start_seconds
        while not self.service.ready():
            if self.process.poll() is not None:
                raise LaunchError(f"{self.service.name} stopped with status {self.process.returncode}.{self._tail()}")
            if time.monotonic() > until:
                raise LaunchError(
                    f"{self.service.name} was not ready in {self.service.start_seconds:g} s.{self._tail()}"
                )
            time.sleep(0.05)

    def _tail(self, lines: int = 15) -> str:
        text = self.log.read_text(errors="replace").splitlines()[-lines:]
        return "\n  " + "\n  ".join([*text, f"The whole log: {self.log}"])

    def stop(self) -> None:
        """Ask it to stop, then end what is left of its group."""
        if self.process.poll() is None:
            self.process.send_signal(self.service.stop_signal)
            try:
                self.process.wait(self.service.stop_seconds)
            except subprocess.TimeoutExpired:
                print(f"  {self.service.name} did not stop in {self.service.stop_seconds:g} s; ending it", flush=True)
        if group_exists(self.process.pid):
            end_group(self.process.pid)
        self.process.wait()
        self.watchdog.tell("-", self.process.pid)


class Supervisor:
    """Starts services in order and stops them in reverse."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.running: list[Running] = []
        self.watchdog = Watchdog()

    def start(self, service: Service) -> Running:
        """Start one service and wait until it is ready."""
        child = Running(service, self.logs / f"{service.name}.log", self.watchdog)
        self.running.append(child)
        child.wait_ready()
        return child

    def first_dead(self) -> Running | None:
        """An essential service that ended by itself, if any."""
        ended = (child for child in self.running if child.process.poll() is not None)
        return next((child for child in ended if child.service.is_essential), None)

    def drop_dead_extras(self) -> list[Running]:
        """Services that the rest can do without and that ended; they are forgotten once they are told."""
        gone = [c for c in self.running if not c.service.is_essential and c.process.poll() is not None]
        for child in gone:
            self.running.remove(child)
            child.stop()
        return gone

    def stop(self) -> None:
        """Stop everything in reverse order."""
        while self.running:
            self.running.pop().stop()
        self.watchdog.dismiss()
