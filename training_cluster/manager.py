"""The cluster manager: keeps an anchor for each open run and auditors, as the platform's list says.

With more than one reducer each run gets a reducer for each part as well, which runs that exchange by storage use.
"""

from __future__ import annotations

import argparse
import ipaddress
import logging
import os
import socket
import sys
import threading
from pathlib import Path

from training_cluster.client import Api, ApiError, PlatformAway, bearer
from training_cluster.lifetime import stop_on_signals
from training_cluster.programs import Program, stop_programs

logger = logging.getLogger("manager")
POLL_SECONDS = 2.0
# Programs end themselves after 6 s; a supervisor that loses patience kills this process, and they follow.
STOP_SECONDS = 7.0
PLATFORM_PATIENCE_SECONDS = 5.0


class Manager:
    """What should run against what does."""

    def __init__(
        self, platform: str, api: Api, state: Path, host: str, port: int, *, public_host: str | None = None,
        reducers: int = 1, auditors: int = 1,
    ) -> None:  # fmt: skip
        self.platform, self.api, self.state = platform, api, state
        self.host, self.port, self.public_host = host, port, public_host
        self.parts = reducers if reducers > 1 else 0
        self.anchors: dict[str, Program] = {}
        self.reducers: dict[str, list[Program]] = {}
        self.auditors: list[Program] = []
        self.auditor_count = auditors

    def reconcile(self) -> None:
        """One look at the platform's list. Raises ApiError, PlatformAway."""
        desired = self.api.get("/api/v1/cluster/desired")
        wanted = {run["run_id"]: run["token"] for run in desired["runs"]}
        shared = {run["run_id"] for run in desired["runs"] if run["exchange"] == "upload"}
        ended = set(self.anchors) - set(wanted)
        left = [program for run_id in ended for program in (self.anchors.pop(run_id), *self.reducers.pop(run_id))]
        stop_programs(left, STOP_SECONDS)
        for run_id, token in wanted.items():
            if run_id not in self.anchors:
                self.anchors[run_id] = self.new_anchor(run_id, token)
            parts = self.parts if run_id in shared else 0
            running = self.reducers.setdefault(run_id, [])
            # A run may change its exchange while it is paused.
            running += [self.new_reducer(run_id, token, part) for part in range(len(running), parts)]
            stop_programs(running[parts:], STOP_SECONDS)
            del running[parts:]
        for number in range(len(self.auditors), self.auditor_count):
            name = f"{socket.gethostname()}-{number}"
            token = {"COMMONWEAVE_AUDITOR_TOKEN": desired["auditor_token"]}
            self.auditors.append(self.program(f"auditor-{number}", "auditor", ["--name", name], token))

    def program(self, name: str, module: str, arguments: list[str], env: dict[str, str]) -> Program:
        """A program of this package."""
        argv = [sys.executable, "-m", f"training_cluster.{module}", "--platform", self.platform, *arguments]
        return Program(name, argv, env, self.state / "logs" / f"{name}.log")

    def new_anchor(self, run_id: str, token: str) -> Program:
        """A run's anchor on the lowest free port from the base on."""
        taken = {anchor.slot for anchor in self.anchors.values()}
        slot = next(n for n in range(len(taken) + 1) if n not in taken)
        arguments = ["--run", run_id, "--state", str(self.state / "runs" / run_id)]
        arguments += ["--listen", multiaddress(self.host, self.port + slot)]
        if self.public_host:
            arguments += ["--announce", multiaddress(self.public_host, self.port + slot)]
        if self.parts:
            arguments += ["--reducers", str(self.parts)]
        program = self.program(f"anchor-{run_id[:8]}", "anchor", arguments, {"COMMONWEAVE_RUN_TOKEN": token})
        program.slot = slot
        return program

    def new_reducer(self, run_id: str, token: str, part: int) -> Program:
        """The program that reduces one part of a run's coordinates."""
        arguments = ["--run", run_id, "--part", str(part)]
        name = f"reducer-{run_id[:8]}-{part}"
        return self.program(name, "reducer", arguments, {"COMMONWEAVE_RUN_TOKEN": token})

    def programs(self) -> list[Program]:
        """Everything that should run."""
        reducers = [program for programs in self.reducers.values() for program in programs]
        return [*self.anchors.values(), *reducers, *self.auditors]

    def turn(self) -> None:
        """Compare and keep; a platform that is away changes nothing."""
        try:
            self.reconcile()
        except (ApiError, PlatformAway) as error:
            logger.warning("platform_away reason=%s", error)
        for program in self.programs():
            program.keep()


def multiaddress(host: str, port: int) -> str:
    """A libp2p address of an IPv4 address, an IPv6 address or a name."""
    try:
        return f"/ip{ipaddress.ip_address(host).version}/{host}/tcp/{port}"
    except ValueError:
        return f"/dns4/{host}/tcp/{port}"


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="commonweave-manager", description=__doc__)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="address on which anchors listen")
    parser.add_argument("--public-host", help="address or name under which volunteers reach the anchors")
    parser.add_argument("--port", type=int, default=28500, help="first port of the anchors; one for each open run")
    parser.add_argument("--reducers", type=int, default=1, help="programs that share a run's reduction of uploads")
    parser.add_argument("--auditors", type=int, default=1, help="auditors; a second one takes second looks")
    return parser.parse_args()


def main() -> int:
    """Manage until told to stop. The token comes by the environment."""
    arguments = parse()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stdout)
    stopping = threading.Event()
    stop_on_signals(stopping, STOP_SECONDS + 2)
    api = Api(arguments.platform, bearer(os.environ["CLUSTER_TOKEN"]), PLATFORM_PATIENCE_SECONDS, stopping)
    manager = Manager(
        arguments.platform, api, arguments.state, arguments.host, arguments.port, public_host=arguments.public_host,
        reducers=arguments.reducers, auditors=arguments.auditors,
    )  # fmt: skip
    try:
        while not stopping.is_set():
            manager.turn()
            stopping.wait(POLL_SECONDS)
    finally:
        stop_programs(manager.programs(), STOP_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
