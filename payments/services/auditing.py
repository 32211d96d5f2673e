"""The ledger's audit: every invariant of the money."""

from __future__ import annotations

from audit.invariants import Finding, find_breaches
from payments.invariants import INVARIANTS


def audit() -> list[Finding]:
    """One finding for each invariant, all of one snapshot."""
    return find_breaches(INVARIANTS)
