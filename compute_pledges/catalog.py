"""GPU models with memory and dense BF16 peak, as their makers publish them, and a class for machines without a GPU.

The catalog only estimates and bounds: what a machine earns comes from verified work. TFLOP/s are dense (without
sparsity). Sources: NVIDIA data sheets (H100, A100, L40S, L4, T4, RTX Blackwell and Ada architecture white papers),
AMD data sheets (MI300X, RX 7900 XTX). The CPU class is one thread of a current x86-64 core with AVX2.
"""

from __future__ import annotations

from dataclasses import dataclass

from values.gpu_time import H100_EQUIVALENT_FLOPS_PER_SECOND, MODEL_FLOPS_UTILIZATION_PERCENT

GIB = 2**30


@dataclass(frozen=True, slots=True)
class GpuModel:
    """`peak_gflops`: dense BF16 (FP16 where a chip has no BF16) in GFLOP/s; `watts`: board power."""

    slug: str
    name: str
    memory_bytes: int
    peak_gflops: int
    watts: int
    source: str

    @property
    def flops_per_second(self) -> int:
        """Effective training rate: the peak at the utilization that defines the H100-equivalent."""
        return self.peak_gflops * 10**9 * MODEL_FLOPS_UTILIZATION_PERCENT // 100

    def h100_equivalent_us(self, device_us: int) -> int:
        """H100-equivalent microseconds of `device_us` of this model, from specifications."""
        return device_us * self.flops_per_second // H100_EQUIVALENT_FLOPS_PER_SECOND


CATALOG = {
    model.slug: model
    for model in (
        GpuModel("h100-sxm", "NVIDIA H100 SXM 80 GB", 80 * GIB, 989_000, 700, "NVIDIA H100 data sheet"),
        GpuModel("h200", "NVIDIA H200 141 GB", 141 * GIB, 989_000, 700, "NVIDIA H200 data sheet"),
        GpuModel("a100-80", "NVIDIA A100 80 GB", 80 * GIB, 312_000, 400, "NVIDIA A100 data sheet"),
        GpuModel("l40s", "NVIDIA L40S 48 GB", 48 * GIB, 362_000, 350, "NVIDIA L40S data sheet"),
        GpuModel("l4", "NVIDIA L4 24 GB", 24 * GIB, 121_000, 72, "NVIDIA L4 data sheet"),
        GpuModel("t4", "NVIDIA T4 16 GB", 16 * GIB, 65_000, 70, "NVIDIA T4 data sheet (FP16)"),
        GpuModel("rtx-5090", "GeForce RTX 5090 32 GB", 32 * GIB, 209_500, 575, "NVIDIA RTX Blackwell white paper"),
        GpuModel("rtx-4090", "GeForce RTX 4090 24 GB", 24 * GIB, 165_200, 450, "NVIDIA Ada white paper"),
        GpuModel("rtx-3090", "GeForce RTX 3090 24 GB", 24 * GIB, 71_000, 350, "NVIDIA Ampere GA102 white paper"),
        GpuModel("rtx-3060", "GeForce RTX 3060 12 GB", 12 * GIB, 25_600, 170, "NVIDIA Ampere GA102 white paper"),
        GpuModel("mi300x", "AMD Instinct MI300X 192 GB", 192 * GIB, 1_307_000, 750, "AMD MI300X data sheet"),
        GpuModel("rx-7900-xtx", "Radeon RX 7900 XTX 24 GB", 24 * GIB, 122_800, 355, "AMD RDNA 3 data sheet"),
        GpuModel("cpu-thread", "No GPU: one CPU thread", 4 * GIB, 20, 15, "Estimate for one AVX2 thread"),
    )
}


def model_for_hardware(kind: str, name: str) -> GpuModel:
    """The catalog's class of what an agent reports; unknown hardware is taken for a CPU thread, never for more."""
    if kind == "cpu":
        return CATALOG["cpu-thread"]
    words = name.lower().replace("-", " ").split()
    for model in CATALOG.values():
        if all(part in words for part in model.slug.replace("-sxm", "").split("-")):
            return model
    return CATALOG["cpu-thread"]
