"""Credit over time: the total and its decayed average at the end of each step, drawn and in words.

At most POINTS points whatever the span: steps are days, and grow with it. Two numbers a day are enough for an exact
average, because what a day's end still weighs only halves from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import ceil, log

from django.utils.translation import gettext

from compute_pledges.standing.credit import HALF_LIFE_DAYS, Scope, days_of
from values.gpu_time import format_gpu_time

POINTS = 60
STEPS = (1, 7, 28, 91, 364)
# After the last block the average is followed until little is left of it.
FADING_DAYS = 4 * HALF_LIFE_DAYS
WIDTH, HEIGHT, ROOM = 600, 120, 4


@dataclass(frozen=True, slots=True)
class Point:
    """At the end of a UTC day, or when it was asked: the total, what the step added, the average a day."""

    day: date
    total_us: int
    added_us: int
    average_us: int


@dataclass(frozen=True, slots=True)
class History:
    """The oldest point first. `first` is the day before the first point."""

    first: date
    step_days: int
    points: list[Point]

    @property
    def newest_first(self) -> list[Point]:
        """For the table."""
        return self.points[::-1]

    @property
    def last(self) -> Point:
        """The newest."""
        return self.points[-1]

    @property
    def highest(self) -> Point:
        """Where the average was highest."""
        return max(self.points, key=lambda point: point.average_us)

    @property
    def total_line(self) -> str:
        """The total as SVG points."""
        return _line([0, *(point.total_us for point in self.points)])

    @property
    def total_area(self) -> str:
        """The same down to the ground and back."""
        return f"0,{HEIGHT} {self.total_line} {WIDTH},{HEIGHT}"

    @property
    def average_line(self) -> str:
        """The average as SVG points."""
        return _line([0, *(point.average_us for point in self.points)])

    @property
    def step_words(self) -> str:
        """What a row of the table covers."""
        words = {1: gettext("Day"), 7: gettext("Week until"), 28: gettext("Four weeks until")}
        return words.get(self.step_days) or gettext("%(days)s days until") % {"days": self.step_days}

    @property
    def total_sentence(self) -> str:
        """The upper drawing in words."""
        return gettext("The total grew to %(total_us)s by %(day)s.") % {
            "total_us": format_gpu_time(self.last.total_us),
            "day": f"{self.last.day:%d %b %Y}",
        }

    @property
    def average_sentence(self) -> str:
        """The lower one."""
        top, last = self.highest, self.last
        words = gettext("The average was highest on %(day)s with %(average_us)s a day") % {
            "day": f"{top.day:%d %b %Y}",
            "average_us": format_gpu_time(top.average_us),
        }
        return (
            f"{words}."
            if top == last
            else gettext("%(words)s; on %(day)s it is %(average_us)s.")
            % {"words": words, "day": f"{last.day:%d %b %Y}", "average_us": format_gpu_time(last.average_us)}
        )


def history_of(*, user_id: int, scope: Scope) -> History | None:
    """Of one account; None before its first verified block. One query."""
    days = days_of(user_id=user_id, scope=scope)
    if not days:
        return None
    today = scope.now.astimezone(UTC).date()
    first, until = days[0][0], min(days[-1][0] + timedelta(FADING_DAYS), today)
    span = (until - first).days + 1
    step = next((size for size in STEPS if span <= size * POINTS), ceil(span / POINTS))
    points = list(_points(_every_day(days, first, until, scope.now), step))
    return History(first - timedelta(1), step, points)


def _every_day(
    days: list[tuple[date, int, float]], first: date, until: date, now: datetime
) -> Iterator[tuple[date, int, float]]:
    """(day, time, decayed sum at its end) without gaps."""
    worked = {day: (h100, left) for day, h100, left in days}
    weight, end = 0.0, datetime.combine(first, time(), UTC)
    for number in range((until - first).days + 1):
        day = first + timedelta(number)
        before, end = end, min(datetime.combine(day + timedelta(1), time(), UTC), now)
        h100, left = worked.get(day, (0, 0.0))
        weight = weight * 2 ** (-(end - before).total_seconds() / 86_400 / HALF_LIFE_DAYS) + left
        yield day, h100, weight


def _points(every_day: Iterable[tuple[date, int, float]], step: int) -> Iterator[Point]:
    """Steps of whole days that end with the last one; the first may be shorter."""
    rows = list(every_day)
    total = added = 0
    for place, (day, h100, weight) in enumerate(rows, 1):
        total, added = total + h100, added + h100
        if (len(rows) - place) % step == 0:
            yield Point(day, total, added, int(weight * log(2) / HALF_LIFE_DAYS))
            added = 0


def _line(values: list[int]) -> str:
    most, wide = max(values) or 1, WIDTH / (len(values) - 1)
    high = HEIGHT - 2 * ROOM
    return " ".join(f"{n * wide:.1f},{ROOM + (1 - value / most) * high:.1f}" for n, value in enumerate(values))
