"""How much memory and bandwidth a run asks of one machine, and the classes in which both sides are compared.

Weights, gradients and two optimizer moments in mixed precision take 16 bytes a parameter. Activations of a transformer
layer take 34 bytes a token and unit of width (Korthikanti et al., arXiv 2205.05198, equation 2, without the attention
matrix, which current kernels do not keep).
"""

from __future__ import annotations

from dataclasses import dataclass

from compute_pledges.catalog import GIB
from compute_pledges.models import Device, TrainingRun

BYTES_PER_PARAMETER = 16
ACTIVATION_BYTES = 34
# A round sends the update in half precision and fetches theta in full.
UP_BYTES_PER_PARAMETER, DOWN_BYTES_PER_PARAMETER = 2, 4
# Upper ends in bytes, with what cards of the class are sold with.
CLASSES = (8 * GIB, 12 * GIB, 16 * GIB, 24 * GIB, 48 * GIB, 80 * GIB)


@dataclass(frozen=True, slots=True)
class Need:
    """What one machine must have for a run: bytes of memory, bytes a second each way."""

    memory_bytes: int
    up_bytes_per_second: int
    down_bytes_per_second: int


def need_of(run: TrainingRun) -> Need:
    """From the run's sizes and its rounds: the exchange must fit its part of a round."""
    tokens = int(run.hyper.get("batch", 1)) * int(run.hyper.get("sequence", 1))
    memory = run.parameters * BYTES_PER_PARAMETER + run.layers * run.width * tokens * ACTIVATION_BYTES
    seconds = max(float(run.hyper.get("exchange_seconds", 1)), 1.0)
    up = int(run.parameters * UP_BYTES_PER_PARAMETER / seconds)
    return Need(memory, up, int(run.parameters * DOWN_BYTES_PER_PARAMETER / seconds))


def memory_of(device: Device) -> int:
    """Bytes that the device says it has; what its class has where it says nothing."""
    said = device.reported_hardware.get("memory_bytes")
    return said if isinstance(said, int) and not isinstance(said, bool) and said > 0 else device.catalog.memory_bytes


def fits(device: Device, need: Need) -> bool:
    """Whether memory and, where the agent measured it, bandwidth are enough."""
    said = device.reported_hardware
    links = ((said.get("up_bytes_per_second"), need.up_bytes_per_second),
             (said.get("down_bytes_per_second"), need.down_bytes_per_second))  # fmt: skip
    is_fast = all(not isinstance(has, int | float) or has >= asked for has, asked in links)
    return memory_of(device) >= need.memory_bytes and is_fast


def class_of(memory_bytes: int) -> int:
    """Index of the memory class: the smallest that holds `memory_bytes`; one past the last for more."""
    return next((index for index, top in enumerate(CLASSES) if memory_bytes <= top), len(CLASSES))


def class_words(index: int) -> str:
    """`up to 8 GiB`, `over 8 to 12 GiB`, ..., `over 80 GiB`."""
    if index == 0:
        return f"up to {CLASSES[0] // GIB} GiB"
    if index == len(CLASSES):
        return f"over {CLASSES[-1] // GIB} GiB"
    return f"over {CLASSES[index - 1] // GIB} to {CLASSES[index] // GIB} GiB"
