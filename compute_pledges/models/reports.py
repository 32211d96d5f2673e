"""What a machine's agent says of itself. It informs people and estimates; it earns nobody anything."""

from __future__ import annotations

from django.db import models

from compute_pledges.models.devices import Device


class DeviceReport(models.Model):
    """The owner's limits on the machine in words, and its own benchmark, each with its time."""

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="report")
    version = models.CharField(max_length=20, blank=True)
    limits = models.JSONField(default=list)
    limits_at = models.DateTimeField(null=True)
    benchmark = models.JSONField(default=dict)
    benchmarked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"report of {self.device_id}"

    @property
    def set_limits(self) -> list[list[str]]:
        """[name, value] of the limits that limit something."""
        return [[name, value] for name, value in self.limits if value not in ("none", "no", "always")]

    @property
    def best_tflops(self) -> float:
        """The fastest measured training, in TFLOP/s; 0 before a benchmark."""
        return float(max((speed["flops_per_second"] for speed in self.benchmark.get("speeds", [])), default=0)) / 1e12
