"""How much memory and bandwidth a run asks of one machine, and the classes in which both sides are compared.

Memory is the likely figure of the run's own estimate, counted from its configuration when it was declared.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from compute_pledges.catalog import GIB
from compute_pledges.models import Device, TrainingRun
from compute_pledges.services.run_estimates import ACTIVATION_BYTES, BYTES_A_PARAMETER
from training_cluster.protocol_hyper import DEFAULT_HYPER, EXCHANGE_BYTES_A_PARAMETER

BYTES_A_MBIT = 125_000
MOST_BYTES = 10**18
# Upper ends in bytes, with what cards of the class are sold with.
CLASSES = (8 * GIB, 12 * GIB, 16 * GIB, 24 * GIB, 48 * GIB, 80 * GIB)


@dataclass(frozen=True, slots=True)
class Need:
    """What one machine must have for a run: bytes of memory, bytes a second each way."""

    memory_bytes: int
    up_bytes_per_second: int
    down_bytes_per_second: int


def need_of(run: TrainingRun) -> Need:
    """From what was counted when the run was declared: a configuration refused since then still has its need."""
    hyper = {**DEFAULT_HYPER, **run.hyper}
    activations = run.activations * int(hyper["batch"]) * ACTIVATION_BYTES["likely"]
    seconds = max(float(hyper["exchange_seconds"]), 1.0)
    line = int(run.parameters * EXCHANGE_BYTES_A_PARAMETER[str(hyper["exchange"])] / seconds)
    return Need(run.parameters * BYTES_A_PARAMETER + activations, up_bytes_per_second=line, down_bytes_per_second=line)


def memory_of(device: Device) -> int:
    """Bytes that the device says it has; what its model has where it says nothing, or more than any machine has."""
    said = device.reported_hardware.get("memory_bytes")
    return (
        said
        if isinstance(said, int) and not isinstance(said, bool) and 0 < said < MOST_BYTES
        else device.catalog.memory_bytes
    )


def fits(device: Device, need: Need) -> bool:
    """Whether memory and, where the agent measured it, bandwidth are enough. Reads `device.report`."""
    report = getattr(device, "report", None)
    measured = report.benchmark if report is not None else {}
    links = (("up_mbit", need.up_bytes_per_second), ("down_mbit", need.down_bytes_per_second))
    is_fast = all(name not in measured or measured[name] * BYTES_A_MBIT >= asked for name, asked in links)
    return memory_of(device) >= need.memory_bytes and is_fast


def class_of(memory_bytes: int) -> int:
    """Index of the memory class: the smallest that holds `memory_bytes`; one past the last for more."""
    return next((index for index, top in enumerate(CLASSES) if memory_bytes <= top), len(CLASSES))


def class_words(index: int) -> str:
    """`up to 8 GiB`, `over 8 to 12 GiB`, ..., `over 80 GiB`."""
    if index == 0:
        return gettext("up to %(top)s GiB") % {"top": CLASSES[0] // GIB}
    if index == len(CLASSES):
        return gettext("over %(low)s GiB") % {"low": CLASSES[-1] // GIB}
    low, top = CLASSES[index - 1] // GIB, CLASSES[index] // GIB
    return gettext("over %(low)s to %(top)s GiB") % {"low": low, "top": top}
