"""A border of cells for a note, woven from its own key: the same note always has the same border."""

from __future__ import annotations

import hashlib

ACROSS, DOWN, CELL = 36, 24, 11
WIDTH, HEIGHT = ACROSS * CELL, DOWN * CELL


def woven_border(key: str) -> list[tuple[int, int, int]]:
    """(x, y, depth 0 to 4) of each cell along the edges."""
    edge = [(x, y) for x in range(ACROSS) for y in range(DOWN) if x in (0, ACROSS - 1) or y in (0, DOWN - 1)]
    digest = hashlib.shake_128(key.encode()).digest(len(edge))
    return [(x * CELL, y * CELL, depth % 5) for (x, y), depth in zip(edge, digest, strict=True)]
