"""Hyper-parameters: names, defaults and bounds, the same on both sides. Standard library only."""

from __future__ import annotations

from typing import Any

DEFAULT_HYPER: dict[str, float | int | str] = {
    "inner_lr": 0.001,
    "outer_lr": 0.7,
    "outer_momentum": 0.9,
    "batch": 16,
    "sequence": 64,
    "max_steps": 400,
    "segment_steps": 10,
    "round_seconds": 12,
    "exchange_seconds": 3,
    "compression": "float16",
    "exchange": "upload",
    "reduction": "trimmed_mean",
    "clip": 5.0,
    "communication_share": 0.1,
}
HYPER_BOUNDS: dict[str, tuple[float, float]] = {
    "inner_lr": (1e-6, 0.1),
    "outer_lr": (0.01, 2),
    "outer_momentum": (0, 0.99),
    "batch": (1, 4096),
    "sequence": (8, 65_536),
    "max_steps": (1, 10_000),
    "segment_steps": (1, 1000),
    "round_seconds": (6, 86_400),
    "exchange_seconds": (2, 3600),
    "clip": (0, 100),
    "communication_share": (0.01, 0.5),
}
WHOLE = ("batch", "sequence", "max_steps", "segment_steps")
CHOICES: dict[str, tuple[str, ...]] = {
    "compression": ("float16",),
    "exchange": ("hivemind", "upload"),
    "reduction": ("mean", "median", "trimmed_mean"),
}
# Bytes of each parameter that a volunteer's line carries in a round, each way: the update up and the next weights down
# are in half precision; hivemind sends updates and averages besides, and audits still read an upload.
EXCHANGE_BYTES_A_PARAMETER = {"upload": 2, "hivemind": 4}
# What a run that is under way may change: the rest decides what the model or the work already done means.
CHANGEABLE = (
    "inner_lr", "outer_lr", "outer_momentum", "max_steps", "round_seconds", "exchange_seconds", "exchange",
    "reduction", "clip", "communication_share", "batch",
)  # fmt: skip


class HyperRefused(ValueError):
    """A name or a value is out of bounds; the message says which."""


def check_hyper(hyper: dict[str, Any]) -> dict[str, Any]:
    """Hyper-parameters with defaults. Raises HyperRefused."""
    if unknown := sorted(str(name) for name in set(hyper) - set(DEFAULT_HYPER)):
        raise HyperRefused(f"Unknown hyper-parameters: {', '.join(unknown)[:200]}.")
    merged = {**DEFAULT_HYPER, **hyper}
    for name, (low, high) in HYPER_BOUNDS.items():
        _check_number(name, merged[name], low, high)
    for name, allowed in CHOICES.items():
        if merged[name] not in allowed:
            raise HyperRefused(f"{name} must be {' or '.join(allowed)}.")
    if merged["exchange_seconds"] > merged["round_seconds"] / 2:
        raise HyperRefused("exchange_seconds must be at most half of round_seconds.")
    return merged


def _check_number(name: str, value: object, low: float, high: float) -> None:
    is_number = not isinstance(value, bool) and isinstance(value, int if name in WHOLE else int | float)
    if not is_number or not low <= value <= high:  # type: ignore[operator]  # reason: a number was just asked for
        kind = "a whole number" if name in WHOLE else "a number"
        raise HyperRefused(f"{name} must be {kind} between {low:g} and {high:g}.")


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """{name: [old, new]} of what differs."""
    names = sorted(set(before) | set(after))
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}
