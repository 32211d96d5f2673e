"""What hours of a machine are worth to a run, always as a range that says its basis.

First from the specifications of its model, then from the agent's own benchmark, then from verified calibration.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from compute_pledges.catalog import CATALOG, GIB, GpuModel
from compute_pledges.matching.memory import memory_of
from compute_pledges.models import Device
from compute_pledges.services.run_estimates import BYTES_A_PARAMETER
from values.gpu_time import H100_EQUIVALENT_FLOPS_PER_SECOND, MICROSECONDS_PER_HOUR, format_gpu_time
from values.numbers import decimal_words

# Specifications overstate what training over the internet reaches: the low end is half of the catalog's rate.
SPECIFICATIONS_PERCENT = (50, 100)
# A benchmark knows the machine, not the network: an exchange may take up to a tenth of a round.
MEASURED_PERCENT = (90, 100)
# The agent's own figure is not checked by anyone before its first verified block.
CLAIMED_PERCENT = (75, 100)
# Beyond the peak of every known model a benchmark measured something else.
FASTEST = max(model.peak_gflops for model in CATALOG.values()) * 10**9
WEEKS_A_MONTH = Decimal(52) / 12


@dataclass(frozen=True, slots=True)
class Estimate:
    """H100-equivalent microseconds of the whole pledge and of a month as ranges; watt-hours; bytes of memory."""

    low_h100_us: int
    high_h100_us: int
    month_low_h100_us: int
    month_high_h100_us: int
    watt_hours: int
    month_watt_hours: int
    hours_per_week: int
    memory_bytes: int
    basis: str

    @property
    def range(self) -> str:
        """The whole pledge as people read it."""
        return _range(self.low_h100_us, self.high_h100_us)

    @property
    def month(self) -> str:
        """A month of the chosen hours."""
        return _range(self.month_low_h100_us, self.month_high_h100_us)

    @property
    def energy(self) -> str:
        """Of the whole pledge."""
        return _energy(self.watt_hours)

    @property
    def month_energy(self) -> str:
        """Of a month."""
        return _energy(self.month_watt_hours)

    @property
    def fits(self) -> str:
        """Largest model that trains in the memory, in words."""
        return gettext("%(value)s billion parameters") % {
            "value": decimal_words(self.memory_bytes // BYTES_A_PARAMETER / 10**9, 1)
        }

    def cost(self, price_per_kwh: Decimal) -> str:
        """A month's energy at a price, in the unit of that price, without a currency."""
        return decimal_words(price_per_kwh * self.month_watt_hours / 1000, 2)


def _range(low_us: int, high_us: int) -> str:
    low, high = format_gpu_time(low_us), format_gpu_time(high_us)
    return high if low == high else f"{low} to {high}"


def _energy(watt_hours: int) -> str:
    return f"{decimal_words(watt_hours / 1000, 1)} kWh" if watt_hours >= 1000 else f"{watt_hours} Wh"


def estimate(*, model: GpuModel, device_us: int, device: Device | None = None, hours_per_week: int = 0) -> Estimate:
    """Of `device_us` in all and of `hours_per_week` through a month, from the best that is known of the machine."""
    rate, percent, basis = _rate(model, device)
    model = device.catalog if device is not None else model
    month_us = int(hours_per_week * WEEKS_A_MONTH * MICROSECONDS_PER_HOUR)
    low, high = percent
    return Estimate(
        low_h100_us=_h100(device_us, rate, low),
        high_h100_us=_h100(device_us, rate, high),
        month_low_h100_us=_h100(month_us, rate, low),
        month_high_h100_us=_h100(month_us, rate, high),
        watt_hours=device_us * model.watts // MICROSECONDS_PER_HOUR,
        month_watt_hours=month_us * model.watts // MICROSECONDS_PER_HOUR,
        hours_per_week=hours_per_week,
        memory_bytes=memory_of(device) if device is not None else model.memory_bytes,
        basis=basis,
    )


def _h100(device_us: int, rate: int, percent: int) -> int:
    return device_us * rate * percent // 100 // H100_EQUIVALENT_FLOPS_PER_SECOND


def _rate(model: GpuModel, device: Device | None) -> tuple[int, tuple[int, int], str]:
    """FLOP/s, what share of them is reached, and where they are from."""
    if device is None:
        return model.flops_per_second, SPECIFICATIONS_PERCENT, gettext("from specifications")
    if device.is_calibrated:
        return device.flops_per_second, MEASURED_PERCENT, gettext("from your machine's verified benchmark")
    report = getattr(device, "report", None)
    claimed = int(report.best_tflops * 1e12) if report is not None else 0
    if 0 < claimed <= FASTEST:
        return claimed, CLAIMED_PERCENT, gettext("from your machine's own benchmark, not verified yet")
    return device.catalog.flops_per_second, SPECIFICATIONS_PERCENT, gettext("from specifications")


def catalog_rows() -> list[dict[str, object]]:
    """The catalog for a table: name, memory, peak, source."""
    return [
        {
            "name": model.name,
            "memory": f"{model.memory_bytes // GIB} GiB",
            "tflops": f"{model.peak_gflops / 1000:g}",
            "hour": format_gpu_time(model.h100_equivalent_us(MICROSECONDS_PER_HOUR)),
            "source": model.source,
        }
        for model in CATALOG.values()
    ]
