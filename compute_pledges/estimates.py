"""What pledged hours of a GPU model are worth to a run, as a range that says its basis."""

from __future__ import annotations

from dataclasses import dataclass

from compute_pledges.catalog import CATALOG, GIB, GpuModel
from compute_pledges.models import Device
from values.gpu_time import H100_EQUIVALENT_FLOPS_PER_SECOND, MICROSECONDS_PER_HOUR, format_gpu_time

# Specifications overstate what training over the internet reaches: the low end is half of the catalog's rate.
LOW_SHARE_PERCENT = 50
# Parameters, gradients and optimizer state in mixed precision, without activations (16 bytes a parameter).
BYTES_PER_PARAMETER = 16


@dataclass(frozen=True, slots=True)
class Estimate:
    """H100-equivalent microseconds as a range, energy in watt-hours, and the largest model that fits the memory."""

    low_h100_us: int
    high_h100_us: int
    watt_hours: int
    fits_parameters: int
    basis: str

    @property
    def range(self) -> str:
        """The range as people read it; one figure when both ends agree."""
        low, high = format_gpu_time(self.low_h100_us), format_gpu_time(self.high_h100_us)
        return high if low == high else f"{low} to {high}"

    @property
    def energy(self) -> str:
        """Kilowatt-hours, or watt-hours below one."""
        return f"{self.watt_hours / 1000:,.1f} kWh" if self.watt_hours >= 1000 else f"{self.watt_hours} Wh"

    @property
    def fits(self) -> str:
        """Largest model that trains in the memory, in words."""
        return f"{self.fits_parameters / 1e9:.1f} billion parameters"


def estimate(*, model: GpuModel, device_us: int, device: Device | None = None) -> Estimate:
    """From the machine's own benchmark when it has one, else from specifications."""
    if device is not None and device.is_calibrated:
        measured = device_us * device.flops_per_second // H100_EQUIVALENT_FLOPS_PER_SECOND
        low, high, basis = measured, measured, "from your machine's benchmark"
        model = device.catalog
    else:
        high = model.h100_equivalent_us(device_us)
        low, basis = high * LOW_SHARE_PERCENT // 100, "from specifications"
    watt_hours = device_us * model.watts // MICROSECONDS_PER_HOUR
    return Estimate(low, high, watt_hours, model.memory_bytes // BYTES_PER_PARAMETER, basis)


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
