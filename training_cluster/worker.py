"""The volunteer's agent: pair this machine once, then lend it to the runs that it is pledged to.

It opens no port, keeps its key in its own folder and stops cleanly: what was finished is handed in, signed, before it
goes. A second Ctrl-C ends it at once.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from training_cluster.client import Api, ApiError, PlatformAway, device_signature
from training_cluster.folder import Folder, FolderProblem
from training_cluster.lifetime import bind_children, stop_on_signals
from training_cluster.pairing import PairingFailed, ask_for_code, enroll, wait_for_approval

if TYPE_CHECKING:
    from training_cluster.agent import Agent

DEFAULT_STATE = Path.home() / ".commonweave-worker"
EXIT_FAILED, EXIT_REFUSED = 1, 3
STOP_SECONDS = 60.0
STATUS_PATIENCE_SECONDS = 5.0


def pair(folder: Folder, platform: str, name: str) -> int:
    """Show a code, wait for its approval, enroll the key."""
    base = platform.rstrip("/")
    code = ask_for_code(base)
    print(f"Open {base}/identity/o/device and enter the code {code['user_code']}", flush=True)
    device_id = enroll(base, wait_for_approval(base, code), folder.key, name)
    folder.remember(base, device_id)
    print(f"Paired as {name}. Start it with: commonweave-worker run", flush=True)
    return 0


def work(agent: Agent, *, is_calibration: bool) -> int:
    """Train until stopped, or for the one block that measures this machine."""
    if is_calibration:
        print("One block measures what this machine does.", flush=True)
        agent.run("calibration", blocks=1)
    else:
        print("Ready. Ctrl-C hands in what is finished and stops.", flush=True)
        agent.run()
    print(f"Stopped. {agent.handed_in} blocks were handed in.", flush=True)
    return 0


def show_status(folder: Folder) -> int:
    """What the platform says of this machine."""
    pairing = folder.pairing()
    api = Api(pairing["platform"], device_signature(folder.key, pairing["device_id"]), STATUS_PATIENCE_SECONDS)
    print(json.dumps(api.get("/api/v1/device"), indent=2), flush=True)
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="commonweave-worker", description=__doc__)
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help=f"the agent's folder ({DEFAULT_STATE})")
    commands = parser.add_subparsers(dest="command", required=True)
    pairing = commands.add_parser("pair", help="pair this machine with your account by a code")
    pairing.add_argument("--platform", required=True, help="the platform's address")
    pairing.add_argument("--name", default=socket.gethostname(), help="what your account calls this machine")
    for name, text in (("calibrate", "measure this machine with one block"), ("run", "train until stopped")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves the choice to PyTorch")
        command.add_argument("--nice", type=int, default=10, help="lowers the priority beside your own work")
    commands.add_parser("status", help="what the platform says of this machine")
    return parser.parse_args(arguments)


def prepare(chosen: argparse.Namespace, folder: Folder, stopping: threading.Event) -> None:
    """Before work: one agent a folder, bound children, a clean stop, threads and priority."""
    folder.lock()
    bind_children()
    stop_on_signals(stopping, STOP_SECONDS)
    if chosen.threads:
        os.environ["OMP_NUM_THREADS"] = str(chosen.threads)
    os.nice(chosen.nice)


def real_agent() -> type[Agent]:
    """Loading PyTorch takes seconds, so only the commands that train do it, once threads and priority are set."""
    # An exchange that fails is told in the agent's own words; hivemind would print its stack.
    os.environ.setdefault("HIVEMIND_LOGLEVEL", "CRITICAL")
    from training_cluster.agent import Agent

    return Agent


def obey(chosen: argparse.Namespace, agent_type: Callable[[], type[Agent]]) -> int:
    """Run the chosen command. Raises what `main` turns into a message."""
    folder, stopping = Folder(chosen.state), threading.Event()
    if chosen.command == "pair":
        return pair(folder, chosen.platform, chosen.name)
    if chosen.command == "status":
        return show_status(folder)
    prepare(chosen, folder, stopping)
    return work(agent_type()(folder, stopping), is_calibration=chosen.command == "calibrate")


def main(arguments: list[str] | None = None, agent_type: Callable[[], type[Agent]] = real_agent) -> int:
    """The `commonweave-worker` command."""
    chosen = parse(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    try:
        return obey(chosen, agent_type)
    except (PairingFailed, FolderProblem) as problem:
        print(problem, flush=True)
        return EXIT_FAILED
    except ApiError as error:
        print(f"The platform refuses this machine: {error}", flush=True)
        return EXIT_REFUSED
    except PlatformAway as error:
        print(f"{error} Start me again once it is back; nothing that was handed in is lost.", flush=True)
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
