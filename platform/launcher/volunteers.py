"""The demo's two volunteers: real agents that pair by a code as anyone's would. Only the approval is done for them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from launcher.errors import LaunchError
from launcher.stack import Stack

MAX_COUNT = 8
CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")
PAIR_SECONDS = 90
Manage = Callable[..., None]


def volunteer_count() -> int:
    """DEMO_VOLUNTEERS, two unless set. Raises LaunchError."""
    text = os.environ.get("DEMO_VOLUNTEERS", "2")
    if not text.isdecimal() or int(text) > MAX_COUNT:
        raise LaunchError(f"DEMO_VOLUNTEERS={text!r} is no number from 0 to {MAX_COUNT}.")
    return int(text)


def is_paired(state: Path, number: int) -> bool:
    """Whether the agent's folder holds a pairing."""
    folder = state / "volunteers" / str(number)
    # A machine with several GPUs keeps a folder for each.
    return (folder / "device.json").exists() or any(folder.glob("gpu-*/device.json"))


def pair_volunteers(stack: Stack, manage: Manage) -> bool:
    """Pair those that are not yet; whether any was new. Raises LaunchError."""
    new = [number for number in range(1, volunteer_count() + 1) if not is_paired(stack.state, number)]
    with ThreadPoolExecutor(MAX_COUNT) as pool:
        for done in [pool.submit(_pair, stack, number, manage) for number in new]:
            done.result()
    return bool(new)


def _pair(stack: Stack, number: int, manage: Manage) -> None:
    argv = stack.volunteer(number, "login", "--platform", stack.site, "--name", f"Demo machine {number}")
    environment = {**os.environ, **stack.environment}
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as agent:
        assert agent.stdout is not None
        said: list[str] = []
        while (found := CODE.search(said[-1] if said else "")) is None:
            if not (line := agent.stdout.readline()):
                raise LaunchError(f"Demo machine {number} could not ask for a code: {''.join(said).strip()}")
            said.append(line)
        manage("approve_demo_device", found.group())
        rest, _ = agent.communicate(timeout=PAIR_SECONDS)
    if agent.returncode != 0:
        raise LaunchError(f"Demo machine {number} was not paired: {rest.strip()}")
