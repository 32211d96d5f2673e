"""Taking what an agent says of its machine: checked for form and size, never for truth."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from compute_pledges.errors import ReportRefused
from compute_pledges.models import Device, DeviceReport

MOST_LIMITS, MOST_SPEEDS, LONGEST = 20, 10, 200


def record_limits(*, device: Device, limits: list[Any], version: str, now: datetime) -> None:
    """[[name, value], ...] as the agent words them. Raises ReportRefused."""
    pairs = [pair for pair in limits[: MOST_LIMITS + 1] if _is_pair(pair)]
    if len(limits) > MOST_LIMITS or len(pairs) != len(limits):
        raise ReportRefused(
            gettext("Limits are at most %(most_limits)s pairs of a name and a value in words.")
            % {"most_limits": MOST_LIMITS}
        )
    changes = {"limits": pairs, "version": version[:20], "limits_at": now}
    DeviceReport.objects.update_or_create(device=device, defaults=changes)


def _is_pair(pair: Any) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and all(isinstance(text, str) and len(text) <= LONGEST for text in pair)
    )


def record_benchmark(*, device: Device, found: dict[str, Any], now: datetime) -> None:
    """{speeds: [{parameters, tokens_per_second, memory_bytes}], down_mbit, up_mbit}. Raises ReportRefused."""
    speeds = found.get("speeds")
    if not isinstance(speeds, list) or not 1 <= len(speeds) <= MOST_SPEEDS:
        raise ReportRefused(
            gettext("A benchmark has between 1 and %(most_speeds)s speeds.") % {"most_speeds": MOST_SPEEDS}
        )
    kept: dict[str, Any] = {"speeds": [_speed(speed) for speed in speeds]}
    kept |= {name: _positive(found[name], name) for name in ("down_mbit", "up_mbit") if name in found}
    DeviceReport.objects.update_or_create(device=device, defaults={"benchmark": kept, "benchmarked_at": now})


def _speed(speed: Any) -> dict[str, float]:
    if not isinstance(speed, dict):
        raise ReportRefused(gettext("A speed is an object of parameters, tokens_per_second and memory_bytes."))
    names = ("parameters", "tokens_per_second", "memory_bytes")
    kept = {name: _positive(speed.get(name), name) for name in names}
    return kept | {"flops_per_second": 6 * kept["parameters"] * kept["tokens_per_second"]}


def _positive(value: Any, name: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not 0 < value < 1e18:
        raise ReportRefused(gettext("%(name)s is a number above zero.") % {"name": name})
    return float(value)
