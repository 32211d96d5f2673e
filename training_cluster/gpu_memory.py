"""Memory of the GPU: the owner's share of it, and what it looks like when there is too little."""

from __future__ import annotations

import torch

from training_cluster.volunteer.traffic import GIB


def is_out_of_memory(error: RuntimeError | MemoryError) -> bool:
    """PyTorch has a class for a GPU's memory; for a CPU's it has a sentence."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)


def bound_gpu_memory(gib: float | None) -> None:
    """Keep this process below the owner's share of the GPU; beyond it PyTorch says that it is out of memory."""
    if torch.cuda.is_available():
        whole = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(1.0 if gib is None else min(gib * GIB / whole, 1.0))


def release_gpu_memory() -> None:
    """Give back what PyTorch keeps for later."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
