"""Whether this machine may work now, and if not, why: the owner's limits against what the sensors say."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from training_cluster.volunteer.hours import is_allowed
from training_cluster.volunteer.limits import Limits, load_limits
from training_cluster.volunteer.sensors import GpuReading
from training_cluster.volunteer.traffic import GIB, Meter

PAUSE_FILE = "pause.json"
# A GPU that was too hot works again when it is this much cooler.
COOLING_C = 5
LOOK_EVERY_SECONDS = 2.0


class Reads(Protocol):
    """What the guard asks of sensors."""

    def local_now(self) -> datetime: ...
    def on_battery(self) -> bool | None: ...
    def idle_seconds(self) -> float | None: ...
    def disk_free(self) -> int: ...
    def memory_used(self) -> int | None: ...
    def gpu(self) -> GpuReading | None: ...


def pause(folder: Path, until: float) -> None:
    """Keep a running or later agent from working until `until` (seconds since 1970); infinity until resumed."""
    candidate = folder / f"{PAUSE_FILE}.new"
    candidate.write_text(json.dumps({"until": until}))
    candidate.replace(folder / PAUSE_FILE)


def resume(folder: Path) -> bool:
    """End a pause; whether there was one."""
    file = folder / PAUSE_FILE
    if not file.exists():
        return False
    file.unlink()
    return True


def paused_until(folder: Path) -> float | None:
    """When the pause ends, or None."""
    file = folder / PAUSE_FILE
    if not file.exists():
        return None
    until = float(json.loads(file.read_text())["until"])
    return until if until > time.time() else None


@dataclass(slots=True)
class Guard:
    """`reason` is asked before each lease and, cheaply, between steps. Limits are read anew when their file changes."""

    folder: Path
    sensors: Reads
    meter: Meter
    is_cooling: bool = False
    duty: float = 0.0
    _looked: float = -LOOK_EVERY_SECONDS
    _said: str | None = None

    def limits(self) -> Limits:
        """As the file says now."""
        return load_limits(self.folder)

    def reason(self) -> str | None:
        """Why no work may be done now; None when it may."""
        limits = self.limits()
        checks = (self._paused, self._hours, self._battery, self._idle, self._hot, self._memory, self._disk, self._data)
        return next((said for check in checks if (said := check(limits))), None)

    def reason_between_steps(self) -> str | None:
        """The same, looked at every two seconds: the sensors cost more than a step of a small model."""
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY_SECONDS:
            self._looked, self._said = now, self.reason()
            self._adjust_duty(self.limits())
        return self._said

    def breathe(self, step_seconds: float) -> float:
        """Seconds to rest after a step so that the GPU's power stays at its cap; setting a cap itself needs root."""
        return step_seconds * self.duty / (1 - self.duty)

    def _adjust_duty(self, limits: Limits) -> None:
        reading = self.sensors.gpu() if limits.power_watts else None
        if reading is None or reading.power_watts is None or limits.power_watts is None:
            self.duty = 0.0
        elif reading.power_watts > limits.power_watts:
            self.duty = min(self.duty + 0.1, 0.9)
        else:
            self.duty = max(self.duty - 0.05, 0.0)

    def _paused(self, _limits: Limits) -> str | None:
        until = paused_until(self.folder)
        if until is None:
            return None
        if until == float("inf"):
            return "Paused until `commonweave-worker resume`."
        return f"Paused until {datetime.fromtimestamp(until).astimezone():%a %H:%M}."

    def _hours(self, limits: Limits) -> str | None:
        return None if is_allowed(limits.hours, self.sensors.local_now()) else "Outside the hours that you allow."

    def _battery(self, limits: Limits) -> str | None:
        return "On battery." if limits.not_on_battery and self.sensors.on_battery() else None

    def _idle(self, limits: Limits) -> str | None:
        if not limits.only_idle:
            return None
        reading = self.sensors.gpu()
        if reading is not None and reading.others:
            return "Another program computes on the GPU."
        idle = self.sensors.idle_seconds()
        if idle is None:
            return "Only when idle is set, but this machine does not tell when it was last used. Unset only-idle."
        return "Somebody uses this machine." if idle < limits.idle_minutes * 60 else None

    def _hot(self, limits: Limits) -> str | None:
        if limits.temperature_c is None:
            return None
        reading = self.sensors.gpu()
        if reading is None:
            return None
        allowed = limits.temperature_c - (COOLING_C if self.is_cooling else 0)
        self.is_cooling = reading.temperature_c > allowed
        if not self.is_cooling:
            return None
        return f"The GPU has {reading.temperature_c} °C; {limits.temperature_c} °C is your limit."

    def _memory(self, limits: Limits) -> str | None:
        used = self.sensors.memory_used() if limits.memory_gib is not None else None
        if used is None or limits.memory_gib is None or used / GIB <= limits.memory_gib:
            return None
        return f"{used / GIB:.1f} GiB of memory were used; {limits.memory_gib:g} is your limit."

    def _disk(self, limits: Limits) -> str | None:
        free = self.sensors.disk_free() / GIB
        return (
            f"Only {free:.1f} GiB of disk are free; you keep {limits.disk_gib:g}." if free < limits.disk_gib else None
        )

    def _data(self, limits: Limits) -> str | None:
        if limits.data_gib_month is None:
            return None
        used = self.meter.this_month() / GIB
        return (
            f"{used:.1f} GiB were moved this month; {limits.data_gib_month:g} is your limit."
            if (used >= limits.data_gib_month)
            else None
        )
