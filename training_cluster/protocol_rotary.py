"""How positions turn in decoders of Llama's kind: the numbers that may be said, with bounds. Standard library only."""

from __future__ import annotations

from typing import Any

ROTARY_NUMBERS: dict[str, tuple[float, float]] = {"rope_theta": (100, 1e9), "rms_norm_eps": (1e-9, 1e-2)}
# The older and the newer name under which files have it.
ROTATIONS = ("rope_scaling", "rope_parameters")
LLAMA3: dict[str, tuple[float, float]] = {
    "factor": (1, 128), "low_freq_factor": (0.1, 64), "high_freq_factor": (0.2, 128),
    "original_max_position_embeddings": (8, 1_048_576),
}  # fmt: skip


class RotaryRefused(ValueError):
    """The message says which key."""


def check_rotary(config: dict[str, Any], given: dict[str, Any]) -> None:
    """`given` holds what the file says under ROTATIONS. Raises RotaryRefused."""
    if (head := _head_width(config)) % 2:
        raise RotaryRefused(f"Each head must have an even width; here it is {head}.")
    if len(given) > 1:
        raise RotaryRefused(f"Say {' or '.join(ROTATIONS)}, not both.")
    for name, value in given.items():
        _check(name, value)


def _head_width(config: dict[str, Any]) -> int:
    """0 where the sizes are none: they are refused elsewhere, by their names."""
    head, width, heads = (config.get(key) for key in ("head_dim", "hidden_size", "num_attention_heads"))
    if isinstance(head, int):
        return head
    return width // heads if isinstance(width, int) and isinstance(heads, int) and heads > 0 else 0


def _check(name: str, value: object) -> None:
    if not isinstance(value, dict) or value.get("rope_type") not in ("default", "llama3"):
        raise RotaryRefused(f"{name} must be null or have the rope_type default or llama3.")
    needed = LLAMA3 if value["rope_type"] == "llama3" else {}
    allowed = {**needed, "rope_theta": ROTARY_NUMBERS["rope_theta"]}
    if unknown := sorted(str(key) for key in set(value) - {"rope_type", *allowed}):
        raise RotaryRefused(f"These keys of {name} are not allowed: {', '.join(unknown)[:200]}.")
    for key, (low, high) in allowed.items():
        found = value.get(key, low if key not in needed else None)
        if isinstance(found, bool) or not isinstance(found, int | float) or not low <= found <= high:
            raise RotaryRefused(f"{key} of {name} must be a number from {low:g} to {high:g}.")
    if needed and not value["low_freq_factor"] < value["high_freq_factor"]:
        raise RotaryRefused("low_freq_factor must be below high_freq_factor.")
