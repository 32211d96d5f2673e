"""How a program of the cluster ends: quickly when asked, and never leaving hivemind's helpers behind.

hivemind works in child processes that outlive a killed parent. So children die with their parent (Linux), and a program
that leads its own process group ends the whole group when it is told to stop and something hangs.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """Ask the kernel to send `number` to this process when its parent ends (Linux only)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, number)


def bind_children() -> None:
    """Every process forked from here on is killed when this one ends, even by kill -9, and stops as it says."""
    main = os.getpid()

    def bind() -> None:
        if os.getppid() == main:
            die_with_parent(signal.SIGKILL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    os.register_at_fork(after_in_child=bind)


def stop_on_signals(stopping: threading.Event, hard_after_seconds: float) -> None:
    """SIGTERM and SIGINT set `stopping`; `hard_after_seconds` later, or at the next signal, the program is killed."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            end_this_program()
        stopping.set()
        _after(hard_after_seconds, end_this_program)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _after(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()


def end_this_program() -> None:
    """SIGKILL to the own process group when this program leads it, else to this process, whose children follow."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def end_group(pgid: int, number: int) -> None:
    """Signal a whole process group, gone or not."""
    try:
        os.killpg(pgid, number)
    except (ProcessLookupError, PermissionError):
        return
