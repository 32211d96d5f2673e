"""The volunteer's agent: pair this machine once, then lend it to the runs that it is pledged to.

It opens no port, needs no administrator, keeps its key in its own folder and puts your limits above all else. It
stops cleanly: what was finished is handed in, signed, before it goes. A second Ctrl-C ends it at once.
"""

from __future__ import annotations

import argparse
import logging
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from training_cluster.client import ApiError, PlatformAway
from training_cluster.folder import FolderProblem
from training_cluster.pairing import PairingFailed
from training_cluster.volunteer import commands, working
from training_cluster.volunteer.limits import LimitProblem
from training_cluster.volunteer.troubles import MachineTrouble

if TYPE_CHECKING:
    from training_cluster.agent import Agent

DEFAULT_STATE = Path.home() / ".commonweave-worker"
EXIT_FAILED, EXIT_REFUSED = 1, 3


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="commonweave-worker", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help=f"the agent's folder ({DEFAULT_STATE})")
    verbs = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    login = verbs.add_parser("login", aliases=["pair"], help="pair this machine with your account by a code")
    login.add_argument("--platform", required=True, help="the platform's address")
    login.add_argument("--name", default=socket.gethostname(), help="what your account calls this machine")
    bench = verbs.add_parser("bench", help="a minute of measuring: training speed, memory, bandwidth")
    bench.add_argument("--seconds", type=float, default=60.0, help="how long it takes (60)")
    bench.add_argument(
        "--no-network", action="store_true", help="leave the bandwidth out and tell the platform nothing"
    )
    for name, text in (
        ("run", "train until stopped"),
        ("calibrate", "one block that measures this machine, signed"),
        ("audit", "check the work of others by replaying it; for machines with a long record"),
    ):
        work = verbs.add_parser(name, help=text)
        work.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves the choice to PyTorch")
        work.add_argument("--nice", type=int, default=10, help="lowers the priority beside your own work")
        work.add_argument("--gpu", type=int, default=None, help="this GPU alone, of several that were paired")
    pausing = verbs.add_parser("pause", help="rest, for a time such as 2h, 30m or 1d; without one until `resume`")
    pausing.add_argument("time", nargs="?", default="", help="2h, 30m, 1d")
    verbs.add_parser("resume", help="end a pause")
    status = verbs.add_parser("status", help="a live view of this machine's work; Ctrl-C leaves it")
    status.add_argument("--once", action="store_true", help="show it once and end")
    limits = verbs.add_parser("limits", help="show what this machine may be used for, or change it")
    limits.add_argument("change", nargs="*", metavar="NAME=VALUE", help="e.g. temperature-c=80 'hours=Mon-Fri 20-8'")
    verbs.add_parser("logout", help="end this machine's access and forget its key")
    return parser.parse_args(arguments)


def obey(chosen: argparse.Namespace, agent_type: Callable[[], type[Agent]]) -> int:
    """Run the chosen command. Raises what `main` turns into a message."""
    home = chosen.state
    others: dict[str, Callable[[], int]] = {
        "login": lambda: commands.login(home, chosen.platform, chosen.name),
        "pair": lambda: commands.login(home, chosen.platform, chosen.name),
        "bench": lambda: commands.bench(home, chosen.seconds, with_network=not chosen.no_network),
        "pause": lambda: commands.rest(home, chosen.time),
        "resume": lambda: commands.go_on(home),
        "status": lambda: commands.status(home, once=chosen.once),
        "limits": lambda: commands.limits(home, chosen.change),
        "logout": lambda: commands.logout(home),
    }
    if chosen.command in others:
        return others[chosen.command]()
    return working.audit(chosen) if chosen.command == "audit" else working.work(chosen, agent_type)


def main(arguments: list[str] | None = None, agent_type: Callable[[], type[Agent]] = working.real_agent) -> int:
    """The `commonweave-worker` command."""
    chosen = parse(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    try:
        return obey(chosen, agent_type)
    except (PairingFailed, FolderProblem, LimitProblem, MachineTrouble) as problem:
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
