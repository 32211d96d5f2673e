"""What training takes, from parameters and tokens alone: for a creator who sets goals before a run is declared.

FLOPs are 6 for each parameter and token; attention, which needs the architecture, comes on top when a run is declared.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext

from compute_pledges.services.run_estimates import (
    BASIS,
    BYTES_A_PARAMETER,
    ENDS,
    MACHINES,
    energy_words,
    flops_words,
    gpu_us,
    rent_of,
    size_words,
    watt_hours,
)
from values.gpu_time import format_gpu_time, h100_microseconds, training_flops
from values.texts import Text


@dataclass(frozen=True, slots=True)
class SizeEstimate:
    """`rows` are (what, [low, likely, high]) as people read them."""

    counted_us: int
    flops: int
    rows: list[tuple[str, list[str]]]
    basis: Text = BASIS

    @property
    def counted(self) -> str:
        """H100-equivalent time in words."""
        return format_gpu_time(self.counted_us)

    @property
    def flops_words(self) -> str:
        """FLOPs in the unit that leaves few digits."""
        return flops_words(self.flops)


def estimate_size(*, parameters: int, tokens: int) -> SizeEstimate:
    """Time, rent, energy and memory as ranges."""
    flops = training_flops(tokens=tokens, parameters=parameters, layers=0, width=0, sequence=0)
    h100_us = {end: gpu_us(flops, "h100-sxm", end) for end in ENDS}
    rent = {end: rent_of(h100_us[end], cents) for end, cents in zip(ENDS, settings.H100_HOUR_CENTS, strict=True)}
    energy = {end: watt_hours(gpu_us(flops, MACHINES[end], end), MACHINES[end]) for end in ENDS}
    memory = size_words(parameters * BYTES_A_PARAMETER)
    return SizeEstimate(
        counted_us=h100_microseconds(flops),
        flops=flops,
        rows=[
            (gettext("Time of H100s, in float32"), [format_gpu_time(h100_us[end]) for end in ENDS]),
            (gettext("The same, rented"), [str(rent[end]) for end in ENDS]),
            (gettext("Energy of volunteers' GPUs"), [energy_words(energy[end]) for end in ENDS]),
            (gettext("Memory of each machine, before activations"), [memory] * len(ENDS)),
        ],
    )
