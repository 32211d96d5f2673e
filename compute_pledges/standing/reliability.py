"""Reliability: of the time due in weeks that have ended, the share that is delivered and verified by now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from compute_pledges.models import PledgeWeek
from compute_pledges.services.pace import kept_of


@dataclass(frozen=True, slots=True)
class Reliability:
    """Microseconds over ended weeks. More than was due of one pledge does not make up for another."""

    promised_us: int
    delivered_us: int

    @property
    def percent(self) -> int | None:
        """Rounded down; None before anything was due."""
        return self.delivered_us * 100 // self.promised_us if self.promised_us else None


def reliability_of(*, user_id: int, now: datetime) -> Reliability:
    """In one query."""
    kept = kept_of(PledgeWeek.objects.filter(pledge__backer_id=user_id), now.date()).values()
    return Reliability(sum(one.due_us for one in kept), sum(one.kept_us for one in kept))
