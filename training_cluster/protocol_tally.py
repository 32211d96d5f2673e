"""Counting a network's parameters, multiplications and activations from its sizes alone, before anything is built.

A layer is told once with the number of positions at which one sample meets it. Standard library only: the platform
estimates with it what the cluster later finds equal on the meta device.
"""

from __future__ import annotations

from dataclasses import dataclass

# Forward 2 FLOPs a multiplication, backward twice that (Kaplan et al., arXiv 2001.08361, section 2.1).
FLOPS_A_MULTIPLICATION = 6


@dataclass(slots=True)
class Tally:
    """Of one sample: `multiplications` of a forward pass, `activations` as values that the backward pass needs."""

    parameters: int = 0
    multiplications: int = 0
    activations: int = 0

    @property
    def flops(self) -> int:
        """Forward and backward FLOPs of one sample."""
        return FLOPS_A_MULTIPLICATION * self.multiplications

    def linear(self, inputs: int, outputs: int, positions: int, *, bias: bool = True, tied: bool = False) -> None:
        """A matrix applied at each position; a tied one has its parameters elsewhere."""
        self.parameters += (0 if tied else inputs * outputs) + (outputs if bias else 0)
        self.multiplications += inputs * outputs * positions
        self.activations += outputs * positions

    def conv(self, inputs: int, outputs: int, kernel: int, positions: int) -> None:
        """A square convolution with a bias; `positions` are those of its output."""
        self.parameters += inputs * outputs * kernel * kernel + outputs
        self.multiplications += inputs * outputs * kernel * kernel * positions
        self.activations += outputs * positions

    def norm(self, width: int, positions: int, *, bias: bool = True) -> None:
        """A normalization with a scale, and a shift unless `bias` is False."""
        self.parameters += width * (2 if bias else 1)
        self.activations += width * positions

    def table(self, rows: int, width: int) -> None:
        """Embeddings that are looked up."""
        self.parameters += rows * width

    def attention(self, width: int, length: int) -> None:
        """Scores and their weighted sum over `length` positions, without the projections."""
        self.multiplications += 2 * width * length * length
        self.activations += width * length
