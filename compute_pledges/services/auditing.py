"""The audit of GPU time: every invariant of leases, results, journal, goal and pledges."""

from __future__ import annotations

from audit.invariants import Finding, find_breaches
from compute_pledges.invariants import INVARIANTS


def audit() -> list[Finding]:
    """One finding for each invariant, all of one snapshot."""
    return find_breaches(INVARIANTS)
