"""A drill's own processes: databases, site, workers and beat, on free ports in a folder of their own.

All are started from the main thread of a process without other threads: the kernel's death signal follows the thread
that forked. Every way out ends them by process group; a watchdog does it if this process is killed.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from launcher.errors import LaunchError
from launcher.places import Ports
from launcher.postgres import EmbeddedPostgres
from launcher.processes import Running, Service, Supervisor, end_group
from launcher.stack import Stack
from launcher.valkey import valkey_service

# Below the range of outgoing connections, so that none sits on a port while its server is down.
LOWEST, HIGHEST = 20_000, 32_000


def free_ports() -> Ports:
    """Six ports that nothing listens on, each free to be taken again after its server was killed."""
    found: list[int] = []
    dice = random.SystemRandom()
    while len(found) < 6:
        port = dice.randrange(LOWEST, HIGHEST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return Ports(*found)


class House:
    """Starts, kills and restarts; `services` are by name. `more` is added to the environment of every program."""

    def __init__(self, folder: Path, more: Mapping[str, str]) -> None:
        self.folder, self.ports, self.more = folder, free_ports(), more
        self.supervisor = Supervisor(folder / "logs")
        self.postgres = EmbeddedPostgres(folder, self.ports.postgres)
        self.services: dict[str, Service] = {}
        self.stack: Stack | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What every program of the drill sees. Only this process's own addresses, never those of another stack."""
        assert self.stack is not None
        return {
            **self.stack.environment,
            # Loopback is never asked of a proxy.
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "LOG_LEVEL": "WARNING",
            **self.more,
        }

    def chosen(self, stack: Stack) -> Iterable[Service]:
        """The services beside the databases, in the order of their start."""
        raise NotImplementedError

    def start(self, name: str) -> None:
        """Start a known service and wait until it is ready."""
        self.supervisor.start(self.services[name])

    def open(self) -> None:
        """Everything, in order, on an empty database."""
        self.postgres.initialize()
        self._add(self.postgres.service())
        self._add(valkey_service(self.folder, self.ports.valkey))
        redis = f"redis://127.0.0.1:{self.ports.valkey}/0"
        self.stack = Stack(self.folder, self.ports, self.postgres.url, redis)
        self._migrate(self.stack)
        for service in self.chosen(self.stack):
            service.env = {**service.env, **self.environment}
            self._add(service)

    def _migrate(self, stack: Stack) -> None:
        argv = stack.manage("migrate", "--no-input", "-v0")
        self.ask(argv, "The database schema could not be made")

    def ask(self, argv: Sequence[str], trouble: str) -> str:
        """Run a program of the stack to its end; returns what it printed. Raises LaunchError with what went wrong."""
        environment = {**os.environ, **self.environment}
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LaunchError(f"{trouble}:\n{done.stderr[-1500:]}")
        return done.stdout

    def _add(self, service: Service) -> None:
        self.services[service.name] = service
        self.start(service.name)

    def running(self, name: str) -> Running:
        """The process of a service."""
        return next(child for child in self.supervisor.running if child.service.name == name)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """End a service at once: SIGKILL to its whole group, or another signal to the process itself."""
        child = self.running(name)
        if number == signal.SIGKILL:
            os.killpg(child.process.pid, signal.SIGKILL)
        else:
            child.process.send_signal(number)
        child.process.wait(30)
        self._forget(child)

    def forget(self, name: str) -> None:
        """End what is left of a service that ended or was killed."""
        self._forget(self.running(name))

    def _forget(self, child: Running) -> None:
        end_group(child.process.pid)
        self.supervisor.running.remove(child)
        self.supervisor.watchdog.tell("-", child.process.pid)

    def kill_child(self, name: str) -> bool:
        """SIGKILL to a pool process of a worker; its parent starts another. Returns whether there was one."""
        parent = self.running(name).process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children")
        pids = children.read_text().split() if children.exists() else []
        if pids:
            os.kill(int(pids[0]), signal.SIGKILL)
        return bool(pids)

    def revive(self) -> list[str]:
        """Start again what ended by itself, as an operator's process manager does. Returns their names."""
        running = [child for child in self.supervisor.running if child.service.is_essential]
        dead = [child for child in running if child.process.poll() is not None]
        for child in dead:
            self._forget(child)
            self.start(child.service.name)
        return [child.service.name for child in dead]

    def flush_valkey(self) -> None:
        """Forget every queued hint."""
        with socket.create_connection(("127.0.0.1", self.ports.valkey), 5) as wire:
            wire.sendall(b"FLUSHALL\r\n")
            wire.recv(64)

    def close(self) -> None:
        """Stop everything in reverse order; what does not go is ended."""
        self.supervisor.stop()
