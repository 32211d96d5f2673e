"""What a declared run will take, as low, likely and high: it is an estimate, and says from what.

Blocks train in float32, so that a replay matches on every machine: a GPU's float32 peak counts here, not the tensor
cores' BF16. Low, likely and high are 75, 55 and 30 % of it. The H100-equivalent in which pledges are counted is
defined by FLOPs alone, at 40 % of the BF16 peak; it has no range, and is far less than an H100's time in float32.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute_pledges.catalog import CATALOG
from compute_pledges.services.plans import TEXT_TASKS, CheckedPlan
from values.gpu_time import MICROSECONDS_PER_HOUR, format_gpu_time, h100_microseconds, training_flops
from values.money import Money
from values.numbers import decimal_words, number_words
from values.texts import Text

# A GPU's vector float32 peak in GFLOP/s, from the sources of the catalog.
FLOAT32_GFLOPS = {"h100-sxm": 66_900, "rtx-4090": 82_600, "rtx-3090": 35_600, "rtx-3060": 12_700}
# Share of the peak that a training step reaches; assumed, not measured on a GPU here.
SHARE_PERCENT = {"low": 75, "likely": 55, "high": 30}
# Whose board power the energy is counted with: a thrifty card, a common one, an old one.
MACHINES = {"low": "rtx-4090", "likely": "rtx-3090", "high": "rtx-3060"}
# Weights, gradient, two moments and three flat copies while an update is made; float32.
BYTES_A_PARAMETER = 28
# A value that the backward pass needs, in float32, and what libraries keep besides.
ACTIVATION_BYTES = {"low": 4, "likely": 8, "high": 16}
FEWEST_SAMPLES_A_PARAMETER = 20  # tokens for each parameter (Hoffmann et al., arXiv 2203.15556)
FLOP_UNITS = tuple((10 ** (3 * n), f"{prefix}FLOP") for n, prefix in reversed(list(enumerate(["", *"kMGTPEZY"]))))
ENDS = ("low", "likely", "high")
BASIS = _(
    "Blocks train in float32, so that a replay matches on every machine: low, likely and high "
    "are 75, 55 and 30 % of a GPU's float32 peak, assumed and not measured. Energy is that of an "
    "RTX 4090, 3090 and 3060; machines without a GPU need far more."
)


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """Each dictionary has low, likely and high: microseconds of an H100 in float32, bytes, watt-hours, money to rent.

    `counted_us` is H100-equivalent, as pledges count it.
    """

    parameters: int
    samples: int
    positions: int
    flops: int
    counted_us: int
    is_language: bool
    h100_us: dict[str, int]
    memory_bytes: dict[str, int]
    watt_hours: dict[str, int]
    rent: dict[str, Money]
    basis: Text = BASIS

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """(what, [low, likely, high]) as people read it."""
        return [
            (gettext("Time of H100s, in float32"), [format_gpu_time(self.h100_us[end]) for end in ENDS]),
            (gettext("The same, rented"), [str(self.rent[end]) for end in ENDS]),
            (gettext("Energy of volunteers' GPUs"), [energy_words(self.watt_hours[end]) for end in ENDS]),
            (gettext("Memory for each volunteer"), [size_words(self.memory_bytes[end]) for end in ENDS]),
        ]

    @property
    def amount(self) -> str:
        """What is trained on, in words."""
        return (
            gettext("%(positions)s tokens") % {"positions": number_words(self.positions)}
            if self.is_language
            else gettext("%(samples)s samples") % {"samples": number_words(self.samples)}
        )

    @property
    def flops_words(self) -> str:
        """FLOPs in the unit that leaves few digits."""
        return flops_words(self.flops)

    @property
    def counted(self) -> str:
        """H100-equivalent time in words."""
        return format_gpu_time(self.counted_us)


def estimate_run(plan: CheckedPlan, planned_samples: int | None = None) -> RunEstimate:
    """Estimate a checked plan for `planned_samples`; without them, 20 positions for each parameter."""
    samples = planned_samples or default_samples(plan)
    flops = samples * flops_of_sample(plan)
    h100_us = {end: gpu_us(flops, "h100-sxm", end) for end in ENDS}
    return RunEstimate(
        parameters=plan.model.tally.parameters,
        samples=samples,
        positions=samples * plan.model.positions,
        flops=flops,
        counted_us=h100_microseconds(flops),
        is_language=plan.model.task in TEXT_TASKS,
        h100_us=h100_us,
        memory_bytes={end: memory_bytes(plan, end) for end in ENDS},
        watt_hours={end: watt_hours(gpu_us(flops, MACHINES[end], end), MACHINES[end]) for end in ENDS},
        rent={end: rent_of(h100_us[end], cents) for end, cents in zip(ENDS, settings.H100_HOUR_CENTS, strict=True)},
    )


def gpu_us(flops: int, slug: str, end: str) -> int:
    """Microseconds in which this GPU does so much in float32."""
    return flops * 100 // (FLOAT32_GFLOPS[slug] * 1000 * SHARE_PERCENT[end])


def default_samples(plan: CheckedPlan) -> int:
    """Samples for 20 positions a parameter; at least one batch."""
    wanted = FEWEST_SAMPLES_A_PARAMETER * plan.model.tally.parameters // plan.model.positions
    return max(wanted, int(plan.hyper["batch"]))


def flops_of_sample(plan: CheckedPlan) -> int:
    """Forward and backward passes over one sample, by the rule that meters the work."""
    if plan.flops_per_sample is not None:
        return int(plan.flops_per_sample)
    model, sequence = plan.model, int(plan.hyper["sequence"])
    return training_flops(
        tokens=sequence, parameters=model.tally.parameters, layers=model.layers, width=model.width, sequence=sequence
    )


def memory_bytes(plan: CheckedPlan, end: str) -> int:
    """What a volunteer's machine needs free: weights and optimizer, and a batch's activations."""
    activations = plan.model.tally.activations * int(plan.hyper["batch"]) * ACTIVATION_BYTES[end]
    return plan.model.tally.parameters * BYTES_A_PARAMETER + activations


def flops_words(flops: int) -> str:
    """FLOPs in the unit that leaves few digits."""
    size, unit = next((s, u) for s, u in FLOP_UNITS if flops >= s or s == 1)
    return f"{flops / size:,.3g} {unit}"


def watt_hours(device_us: int, slug: str) -> int:
    """Energy of this GPU in so much of its time."""
    return device_us * CATALOG[slug].watts // MICROSECONDS_PER_HOUR


def rent_of(h100_us: int, cents_an_hour: int) -> Money:
    """What rented H100s cost for so long."""
    return Money(-(-h100_us * cents_an_hour // MICROSECONDS_PER_HOUR), "USD")


def size_words(size: int) -> str:
    """Bytes for people."""
    return f"{decimal_words(size / 2**30, 1)} GiB" if size >= 2**30 else f"{decimal_words(size / 2**20, 0)} MiB"


def energy_words(amount_wh: int) -> str:
    """Energy for people."""
    return (
        f"{decimal_words(amount_wh / 1000, 1)} kWh"
        if amount_wh >= 1000
        else f"{amount_wh} Wh"
        if amount_wh
        else "under 1 Wh"
    )
