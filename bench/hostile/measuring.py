"""How long and how much memory a deed takes, each in a process of its own."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds are of the processor. `outcome` is what the deed gave; an error it should have told begins with "!"."""

    seconds: float
    mib: float
    outcome: str


def cost_of(deed: Callable[[], str], *, refusal: type[Exception]) -> Cost:
    """In a child: its memory above what it began with, at its highest."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        _run(deed, refusal, write)
    os.close(write)
    with os.fdopen(read) as told:
        found = told.read()
    os.waitpid(child, 0)
    return Cost(**json.loads(found)) if found else Cost(0, 0, "! ended by force")


def _run(deed: Callable[[], str], refusal: type[Exception], write: int) -> None:
    # What the parent freed is still this process's, and would hide what the deed takes: give it back.
    ctypes.CDLL(None).malloc_trim(0)
    # The high-water mark is the parent's until it is passed; forget it.
    with open("/proc/self/clear_refs", "w") as marks:  # noqa: PTH123  # reason: a file of the kernel
        marks.write("5")
    before, started = _high(), time.process_time()
    try:
        outcome = deed()
    except refusal as error:
        outcome = f"refused: {error}"
    except BaseException as error:  # noqa: BLE001  # reason: told to the parent, which fails for it
        outcome = f"! {type(error).__name__}: {error}"
    cost = {"seconds": time.process_time() - started, "mib": (_high() - before) / 1024, "outcome": outcome}
    os.write(write, json.dumps(cost).encode())
    os._exit(0)


def _high() -> int:
    """KiB, as the kernel counts."""
    with open("/proc/self/status") as status:  # noqa: PTH123  # reason: a file of the kernel
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
