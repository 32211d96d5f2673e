"""Reliability: of the time promised for weeks that have ended, the share that was delivered and verified."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BigIntegerField, ExpressionWrapper, F, Sum, Value
from django.db.models.functions import Greatest, Least

from compute_pledges.models import PledgeWeek

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Microseconds over ended weeks. More than promised in one week does not make up for another."""

    promised_us: int
    delivered_us: int

    @property
    def percent(self) -> int | None:
        """Rounded down; None before the first ended week."""
        return self.delivered_us * 100 // self.promised_us if self.promised_us else None


def reliability_of(*, user_id: int, now: datetime) -> Reliability:
    """In one query."""
    ended = PledgeWeek.objects.filter(pledge__backer_id=user_id, week_starts_at__lte=(now - WEEK).date())
    whole = BigIntegerField()
    verified = ExpressionWrapper(F("verified_us") - F("reversed_us"), whole)
    kept = Greatest(Least(verified, F("promised_us")), Value(0, whole), output_field=whole)
    found = ended.aggregate(promised=Sum("promised_us", default=0), kept=Sum(kept, default=Value(0, whole)))
    return Reliability(found["promised"], found["kept"])
