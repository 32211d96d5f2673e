"""What a declared run will take, as low, likely and high: it is an estimate, and says from what.

Low: an H100 at 55 % of its peak, nothing repeated. Likely: the 40 % that defines the H100-equivalent. High: volunteers'
machines are busy for 55 % of the time that they lend (rounds of 100 steps over home connections, computed).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from compute_pledges.catalog import CATALOG
from compute_pledges.services.plans import CheckedPlan
from values.gpu_time import MICROSECONDS_PER_HOUR, format_gpu_time, h100_microseconds, training_flops
from values.money import Money

LOW_PERCENT, HIGH_PERCENT = 73, 182
# Weights, gradient, two moments and three flat copies while an update is made; float32.
BYTES_A_PARAMETER = 28
# A value that the backward pass needs, in float32, and what libraries keep besides.
ACTIVATION_BYTES = {"low": 4, "likely": 8, "high": 16}
FEWEST_SAMPLES_A_PARAMETER = 20  # tokens for each parameter (Hoffmann et al., arXiv 2203.15556)
ENDS = ("low", "likely", "high")
# What an H100-equivalent hour draws: data-center, desktop of the newest kind, older desktop.
MACHINES = {"low": "h100-sxm", "likely": "rtx-4090", "high": "rtx-3090"}


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """Each dictionary has low, likely and high: H100-equivalent microseconds, bytes, watt-hours, money to rent."""

    parameters: int
    samples: int
    positions: int
    flops: int
    h100_us: dict[str, int]
    memory_bytes: dict[str, int]
    watt_hours: dict[str, int]
    rent: dict[str, Money]

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """(what, [low, likely, high]) as people read it."""
        return [
            ("H100-equivalent time", [format_gpu_time(self.h100_us[end]) for end in ENDS]),
            ("Memory for each volunteer", [_bytes(self.memory_bytes[end]) for end in ENDS]),
            ("Energy of the machines", [_energy(self.watt_hours[end]) for end in ENDS]),
            ("The same, rented", [str(self.rent[end]) for end in ENDS]),
        ]


def estimate_run(plan: CheckedPlan, planned_samples: int | None = None) -> RunEstimate:
    """Estimate a checked plan for `planned_samples`; without them, 20 positions for each parameter."""
    samples = planned_samples or default_samples(plan)
    flops = samples * flops_of_sample(plan)
    h100_us = _range(h100_microseconds(flops))
    return RunEstimate(
        parameters=plan.model.tally.parameters,
        samples=samples,
        positions=samples * plan.model.positions,
        flops=flops,
        h100_us=h100_us,
        memory_bytes={end: memory_bytes(plan, end) for end in ENDS},
        watt_hours={end: _watt_hours(h100_us[end], MACHINES[end]) for end in ENDS},
        rent={end: _rent(h100_us[end], cents) for end, cents in zip(ENDS, settings.H100_HOUR_CENTS, strict=True)},
    )


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


def _range(likely: int) -> dict[str, int]:
    return {"low": likely * LOW_PERCENT // 100, "likely": likely, "high": likely * HIGH_PERCENT // 100}


def _watt_hours(h100_us: int, slug: str) -> int:
    model, h100 = CATALOG[slug], CATALOG["h100-sxm"]
    return h100_us * model.watts * h100.peak_gflops // (model.peak_gflops * MICROSECONDS_PER_HOUR)


def _rent(h100_us: int, cents_an_hour: int) -> Money:
    return Money(-(-h100_us * cents_an_hour // MICROSECONDS_PER_HOUR), "USD")


def _bytes(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB" if size >= 2**30 else f"{size / 2**20:,.0f} MiB"


def _energy(watt_hours: int) -> str:
    return f"{watt_hours / 1000:,.1f} kWh" if watt_hours >= 1000 else f"{watt_hours} Wh"
