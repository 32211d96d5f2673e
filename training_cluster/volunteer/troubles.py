"""What ends an agent, and what it waits for."""

from __future__ import annotations

from training_cluster.client import ApiError

SHUT_OUT = (401, 403)
ASK_AGAIN_LATER = (409, 429)
PASSING = (408, 429)


class MachineTrouble(Exception):
    """A machine that fails again and again; the message says what to do."""


class BlockLost(Exception):
    """The platform does not take a finished block; the message says why."""


def is_shut_out(error: ApiError) -> bool:
    """Whether the platform refuses this machine. The object storage only refuses an address, for example an old one."""
    return error.status in SHUT_OUT and error.code != "storage_refused"


def is_final(error: ApiError) -> bool:
    """Whether asking the same again cannot help."""
    return 400 <= error.status < 500 and error.status not in PASSING and not is_shut_out(error)
