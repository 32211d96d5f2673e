"""Reads process groups from standard input; when the pipe closes, ends those that are still registered.

Run as a script by launcher.processes; standard library only, and it imports nothing of the project so that nothing
can break it.
"""

import os
import signal
import sys
import time


def _signal_groups(groups: set[int], number: int) -> set[int]:
    alive = set()
    for group in groups:
        try:
            os.killpg(group, number)
            alive.add(group)
        except ProcessLookupError:
            continue
    return alive


def main() -> None:
    """Follow the supervisor until its end of the pipe closes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        (groups.add if line[0] == "+" else groups.discard)(group)
    alive = _signal_groups(groups, signal.SIGTERM)
    until = time.monotonic() + 5
    while alive and time.monotonic() < until:
        time.sleep(0.1)
        alive = _signal_groups(alive, 0)
    _signal_groups(alive, signal.SIGKILL)


if __name__ == "__main__":
    main()
