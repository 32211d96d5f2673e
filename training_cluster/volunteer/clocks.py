"""A clock that goes on while the machine sleeps, so that a deadline passed asleep is a deadline passed."""

import sys
import time

# Linux's monotonic clock stops in sleep, its boot-time clock does not; macOS' monotonic clock goes on.
_CLOCK = time.CLOCK_BOOTTIME if sys.platform.startswith("linux") else time.CLOCK_MONOTONIC


def steady_now() -> float:
    """Seconds since some moment of this boot, asleep or awake; never set back."""
    return time.clock_gettime(_CLOCK)
