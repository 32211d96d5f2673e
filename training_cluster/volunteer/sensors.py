"""What this machine says of itself while it works: battery, whether somebody uses it, GPU, disk."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

logger = logging.getLogger(__name__)
TOOL_SECONDS = 5


@dataclass(frozen=True, slots=True)
class GpuReading:
    """Of the GPU that the agent uses. `others` says whether another program computes on it."""

    temperature_c: int
    power_watts: float | None
    memory_used: int
    memory_total: int
    others: bool


class Sensors:
    """The real ones. What a machine cannot tell is None, and a limit that needs it says so."""

    def __init__(self, folder: Path, gpu_index: int | None = None) -> None:
        self.folder, self.gpu_index = folder, gpu_index
        self._nvml: Any = None

    def local_now(self) -> datetime:
        """The machine's own wall clock and zone, as its owner reads it."""
        return datetime.now().astimezone()

    def on_battery(self) -> bool | None:
        """None where there is no battery, or nothing tells."""
        battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
        return None if battery is None or battery.power_plugged is None else not battery.power_plugged

    def idle_seconds(self) -> float | None:
        """Since somebody last touched keyboard, mouse or terminal."""
        return _mac_idle() if sys.platform == "darwin" else _linux_idle()

    def disk_free(self) -> int:
        """Bytes free where the agent keeps its folder."""
        return shutil.disk_usage(self.folder).free

    def memory_used(self) -> int | None:
        """Bytes of this program and its helpers; None where the kernel itself holds the owner's limit."""
        if self.gpu_index is not None or sys.platform.startswith("linux"):
            return None
        own = psutil.Process()
        return sum(process.memory_info().rss for process in (own, *own.children(recursive=True)))

    def gpu(self) -> GpuReading | None:
        """None without an NVIDIA GPU or its driver's library."""
        if self.gpu_index is None:
            return None
        try:
            return self._read_gpu()
        except Exception as error:  # noqa: BLE001  # reason: the driver's library raises its own kinds for every trouble
            logger.warning("gpu_unreadable error=%s", error)
            return None

    def _read_gpu(self) -> GpuReading:
        import pynvml as nvml

        if self._nvml is None:
            nvml.nvmlInit()
            self._nvml = nvml.nvmlDeviceGetHandleByIndex(self.gpu_index)
        memory = nvml.nvmlDeviceGetMemoryInfo(self._nvml)
        own = {psutil.Process().pid, *(child.pid for child in psutil.Process().children(recursive=True))}
        users = {process.pid for process in nvml.nvmlDeviceGetComputeRunningProcesses(self._nvml)}
        return GpuReading(
            temperature_c=nvml.nvmlDeviceGetTemperature(self._nvml, nvml.NVML_TEMPERATURE_GPU),
            power_watts=nvml.nvmlDeviceGetPowerUsage(self._nvml) / 1000,
            memory_used=int(memory.used),
            memory_total=int(memory.total),
            others=bool(users - own),
        )


def _linux_idle() -> float | None:
    """The least of what the desktop's session and the terminals tell; None on a desktop whose session is silent."""
    session, terminals = _logind_idle(), _terminal_idle()
    if session is None and _has_desktop():
        return None
    return min((idle for idle in (session, terminals) if idle is not None), default=None)


def _terminal_idle() -> float | None:
    """Since a key was pressed in some terminal. Source: devfs, times of last access."""
    touched = [path.stat().st_atime for pattern in ("pts/[0-9]*", "tty[0-9]*") for path in Path("/dev").glob(pattern)]
    return max(0.0, time.time() - max(touched)) if touched else None


def _logind_idle() -> float | None:
    """What systemd's logind knows of all sessions; desktops tell it after some minutes without mouse and keys."""
    asked = ["loginctl", "show-session", "--property=IdleHint", "--property=IdleSinceHint"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=TOOL_SECONDS, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    known = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    if known.get("IdleHint") not in ("yes", "no"):
        return None
    return max(0.0, time.time() - int(known["IdleSinceHint"]) / 1e6) if known["IdleHint"] == "yes" else 0.0


def _has_desktop() -> bool:
    """Whether a graphical session's socket is here, of X11 or Wayland."""
    return any(Path("/tmp/.X11-unix").glob("X*")) or any(Path("/run/user").glob("*/wayland-*"))  # noqa: S108  # reason: the place that X11 defines


def _mac_idle() -> float | None:
    try:
        told = subprocess.run(
            ["/usr/sbin/ioreg", "-c", "IOHIDSystem"], capture_output=True, text=True, timeout=TOOL_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'"HIDIdleTime" = (\d+)', told)
    return int(found[1]) / 1e9 if found else None
