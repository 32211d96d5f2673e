"""Bars for a funnel, drawn by the server: lengths in thousandths of the longest. The table beside has the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from values.texts import Text

WIDTH = 1000


@dataclass(frozen=True, slots=True)
class Bar:
    """One stage. `share` is in thousandths of the chart's longest bar; `solid` says done rather than promised."""

    label: str
    text: str
    share: int
    solid: bool


def bars(stages: Sequence[tuple[Text, int, str, bool]]) -> list[Bar]:
    """Bars of (label, amount, text, solid)."""
    longest = max([1, *(amount for _, amount, _, _ in stages)])
    return [Bar(str(label), text, max(amount, 0) * WIDTH // longest, solid) for label, amount, text, solid in stages]
