"""What the owner allows on this machine. Kept here, told to the platform, never changed by it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from training_cluster.volunteer.hours import WEEK_HOURS, hours_text, parse_hours

FILE = "limits.json"


class LimitProblem(Exception):
    """A limit that cannot be; the message says what is wrong and what may be given."""


@dataclass(frozen=True, slots=True)
class Limits:
    """None is no limit. Hours: 168 letters, Monday 0:00 first, in the machine's own time zone."""

    only_idle: bool = False
    idle_minutes: int = 10
    not_on_battery: bool = True
    hours: str = "1" * WEEK_HOURS
    power_watts: int | None = None
    temperature_c: int | None = None
    memory_gib: float | None = None
    up_mbit: float | None = None
    down_mbit: float | None = None
    data_gib_month: float | None = None
    disk_gib: float = 2.0

    def with_text(self, name: str, text: str) -> Limits:
        """One limit changed as typed on the command line. Raises LimitProblem; nothing is changed then."""
        key = name.strip().replace("-", "_")
        if key not in NAMES:
            raise LimitProblem(f"There is no limit '{name}'. There are: {', '.join(sorted(NAMES))}.")
        return Limits(**{**asdict(self), key: _parsed(key, text.strip())})

    def words(self) -> list[tuple[str, str]]:
        """(name, value) for people, in the order of the fields."""
        return [(field.name.replace("_", "-"), _words(field.name, getattr(self, field.name))) for field in fields(self)]


NAMES = {field.name for field in fields(Limits)}
FLAGS = {"only_idle", "not_on_battery"}
# Smallest and largest that make sense, with the unit.
RANGES: dict[str, tuple[float, float, str]] = {
    "idle_minutes": (1, 1440, "minutes"),
    "power_watts": (30, 2000, "watts"),
    "temperature_c": (40, 110, "°C"),
    "memory_gib": (0.25, 4096, "GiB"),
    "up_mbit": (0.1, 100_000, "Mbit/s"),
    "down_mbit": (0.1, 100_000, "Mbit/s"),
    "data_gib_month": (0.1, 1_000_000, "GiB a month"),
    "disk_gib": (0.5, 100_000, "GiB kept free"),
}
WHOLE = {"idle_minutes", "power_watts", "temperature_c"}
ALWAYS = {"idle_minutes", "disk_gib"}
YES, NO = {"yes", "on", "true", "1"}, {"no", "off", "false", "0"}
NONE = {"none", "off", "no"}


def _parsed(key: str, text: str) -> Any:
    if key == "hours":
        try:
            return parse_hours(text)
        except ValueError as error:
            raise LimitProblem(str(error)) from error
    if key in FLAGS:
        if text.lower() not in YES | NO:
            raise LimitProblem(f"{key.replace('_', '-')} is yes or no, not '{text}'.")
        return text.lower() in YES
    if text.lower() in NONE and key not in ALWAYS:
        return None
    return _number(key, text)


def _number(key: str, text: str) -> float | int:
    low, high, unit = RANGES[key]
    name = key.replace("_", "-")
    try:
        value = float(text)
    except ValueError as error:
        raise LimitProblem(f"{name} is a number of {unit}, or none; not '{text}'.") from error
    if not low <= value <= high:
        raise LimitProblem(f"{name} is between {low:g} and {high:g} {unit}; {text} is not.")
    return int(value) if key in WHOLE else value


def _words(key: str, value: Any) -> str:
    if key == "hours":
        return hours_text(value)
    if key in FLAGS:
        return "yes" if value else "no"
    return "none" if value is None else f"{value:g} {RANGES[key][2]}"


def load_limits(folder: Path) -> Limits:
    """The limits of the file, or the defaults. Raises LimitProblem for a file that cannot be understood."""
    file = folder / FILE
    if not file.exists():
        return Limits()
    try:
        kept = json.loads(file.read_text())
        return Limits(**kept)
    except (ValueError, TypeError) as error:
        raise LimitProblem(f"{file} cannot be understood ({error}). Correct it or move it away.") from error


def save_limits(folder: Path, limits: Limits) -> None:
    """At once or not at all; a running agent reads them within seconds."""
    candidate = folder / f"{FILE}.new"
    candidate.write_text(json.dumps(asdict(limits), indent=1))
    candidate.replace(folder / FILE)
