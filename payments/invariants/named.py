"""What must always hold of the money, each as a name, a sentence, and one SQL statement that gives the breaches.

A statement gives rows of (subject, detail). It holds at any moment between transactions: what settles a moment later (a
refund on its way, a charge not booked yet) is no breach.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """`sql` selects breaches as (subject, detail)."""

    name: str
    says: str
    sql: str


CHARGED = "('collected', 'disputed', 'lost', 'refunded')"
