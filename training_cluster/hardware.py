"""What this machine is, as it says itself. The platform earns nobody time from it: verified work does."""

from __future__ import annotations

import functools
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

SMI = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
SMI_SECONDS = 20
MIB = 2**20


@functools.cache
def hardware(index: int = 0) -> dict[str, Any]:
    """{kind, model, memory_bytes} of an accelerator, or of the CPU and its memory where there is none."""
    if index < len(found := gpus()):
        name, mebibytes = found[index]
        return {"kind": "gpu", "model": name, "memory_bytes": mebibytes * MIB}
    model = platform.processor() or platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"kind": "cpu", "model": model, "memory_bytes": memory}


def memory_available() -> int:
    """Bytes of main memory that may be used now; all of it where the system does not say."""
    file = Path("/proc/meminfo")
    lines = file.read_text().splitlines() if file.exists() else []
    free = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return int(free) * 1024 if free else int(hardware()["memory_bytes"])


@functools.cache
def gpus() -> list[tuple[str, int]]:
    """(name, MiB) of each NVIDIA GPU. Asked of the driver's own tool: loading PyTorch for it would take seconds."""
    if shutil.which(SMI[0]) is None:
        return []
    try:
        answer = subprocess.run(SMI, capture_output=True, text=True, timeout=SMI_SECONDS, check=True)
        rows = [line.rsplit(",", 1) for line in answer.stdout.splitlines() if line.strip()]
        return [(name.strip(), int(memory)) for name, memory in rows]
    except (subprocess.SubprocessError, ValueError):
        return []
