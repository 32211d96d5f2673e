"""How far pledges have kept what was due: the weeks that have ended against everything verified by now.

Work is often verified in the week after it was done, so that weeks are not compared one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from compute_pledges.models import PledgeWeek

WEEK = timedelta(days=7)
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """Microseconds of one pledge: due in ended weeks, verified by now."""

    due_us: int
    verified_us: int

    @property
    def kept_us(self) -> int:
        """Of what was due; more than was due does not make up for another pledge."""
        return max(0, min(self.verified_us, self.due_us))

    @property
    def ppm(self) -> int:
        """The share in millionths."""
        return self.kept_us * PPM // self.due_us


def kept_of(weeks: QuerySet[PledgeWeek], today: date) -> dict[UUID, Kept]:
    """By pledge, those alone of which something was due; in one query."""
    ended = Q(week_starts_at__lte=today - WEEK)
    sums = weeks.order_by().values("pledge_id").annotate(
        due=Sum("promised_us", filter=ended, default=0), done=Sum(F("verified_us") - F("reversed_us"))
    )  # fmt: skip
    return {row["pledge_id"]: Kept(row["due"], row["done"]) for row in sums.filter(due__gt=0)}
