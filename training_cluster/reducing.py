"""Reducing a span of coordinates of many updates that lie in files, a slice at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training_cluster.robust import SPAN, Robust


def parts_of(size: int, parts: int) -> list[tuple[int, int]]:
    """Spans that cover `size` values, cut where clipping's spans are, so that sharing changes nothing."""
    spans = -(-size // SPAN)
    cuts = [min(size, spans * part // parts * SPAN) for part in range(parts + 1)]
    return list(pairwise(cuts))


def reduce_files(files: Sequence[tuple[Path, float]], robust: Robust, start: int, end: int) -> Tensor:
    """(end - start,) float32: the robust average of float16 files from coordinate `start` to `end`."""
    rows = [np.memmap(file, "<f2", "r") for file, _ in files]
    weights = [weight for _, weight in files]
    found = [torch.zeros(0)]
    for at in range(start, end, SPAN):
        until = min(end, at + SPAN)
        slices = [torch.from_numpy(np.array(row[at:until], dtype=np.float32)) for row in rows]
        found.append(robust.reduce(slices, weights))
    return torch.cat(found)
