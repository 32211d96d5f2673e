"""The whole platform as `make run` starts it, on its own ports and in its own folder, and a browser in front of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from launcher.places import ROOT, Ports
from launcher.tools import find_chromium

START_SECONDS = 240
PASSWORD = "commonweave-demo"


class Platform:
    """A running platform."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ports = folder, Ports.free()
        names = {"web": "WEB", "events": "EVENTS", "stripe": "STRIPE_STANDIN", "postgres": "POSTGRES",
                 "valkey": "VALKEY", "anchor": "ANCHOR"}  # fmt: skip
        ports = {f"{name}_PORT": str(getattr(self.ports, field)) for field, name in names.items()}
        kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
        self.environment = {
            **kept, **ports, "COMMONWEAVE_STATE_DIR": str(folder), "COMMONWEAVE_MODE": "demo", "DEMO_VOLUNTEERS": "0",
            "DEMO_BACKERS": "0",
            "DISPUTE_WINDOW_SECONDS": "5",
        }  # fmt: skip
        self.url = f"http://127.0.0.1:{self.ports.web}"
        self.log = folder / "launcher.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "launcher", "run"], env=self.environment, stdout=log, stderr=log, cwd=ROOT
            )
        self.wait_for("are training|no machine is training")
        self.children: list[subprocess.Popen[str]] = []

    def wait_for(self, pattern: str) -> None:
        until = time.monotonic() + START_SECONDS
        while not re.search(pattern, self.log.read_text()):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.2)

    def agent(self, name: str, *command: str, module: str = "training_cluster.worker") -> subprocess.Popen[str]:
        """A volunteer's agent as a process of its own."""
        python = str(ROOT / ".venv-cluster" / "bin" / "python")
        options = command[:-1] if module != "training_cluster.worker" else ()
        argv = [python, "-m", module, *options, "--state", str(self.folder / "agents" / name)]
        argv += [command[-1]] if options else [*command]
        environment = {**self.environment, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        with (self.folder / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                argv, env=environment, stdout=log, stderr=log, text=True, start_new_session=True, cwd=ROOT
            )
        self.children.append(child)
        return child

    def said(self, name: str, pattern: str, seconds: float = 60) -> str:
        """Wait until an agent's output matches; the match."""
        file, until = self.folder / f"{name}.log", time.monotonic() + seconds
        while time.monotonic() < until:
            if found := re.search(pattern, file.read_text()):
                return found.group()
            time.sleep(0.2)
        raise AssertionError(f"{name} never said {pattern!r}:\n{file.read_text()}")

    def query(self, sql: str, *parameters: object) -> list[tuple]:
        """Rows of the platform's own database."""
        with psycopg.connect(self.database_url()) as connection:
            return connection.execute(sql, parameters).fetchall()

    def database_url(self) -> str:
        for pid in self._children_of(self.process.pid):
            text = Path(f"/proc/{pid}/environ").read_bytes().decode()
            if found := re.search(r"(?:^|\0)DATABASE_URL=([^\0]+)", text):
                return found[1]
        raise AssertionError("no child knows the database")

    @staticmethod
    def _children_of(pid: int) -> list[int]:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def until(self, sql: str, *parameters: object, seconds: float = 90) -> tuple:
        """The first row for which the query gives one."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if rows := self.query(sql, *parameters):
                return rows[0]
            time.sleep(0.5)
        raise AssertionError(f"never became true in {seconds:g} s: {sql} {parameters}")

    def manage(self, command: str) -> None:
        """A management command of the platform's own; fails with what it printed."""
        environment = {**self.environment, "DATABASE_URL": self.database_url()}
        argv = [sys.executable, "manage.py", command]
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def stop(self) -> None:
        for child in self.children:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(90) == 0, self.log.read_text()


@pytest.fixture(scope="module")
def platform_(tmp_path_factory):
    """Stopped once its story is told: beside other tests it would take a sixth of a core."""
    running = Platform(tmp_path_factory.mktemp("story"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": find_chromium()}
