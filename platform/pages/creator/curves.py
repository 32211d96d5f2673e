"""The funding's two curves, one for money and one for GPU time, never on one axis, each with a forecast band.

The forecast: what counts now, plus the mean of the last seven whole days for every day that is left. The band is 1.28
standard deviations of these days, grown with the square root of the days left: four of five endings would fall within
it if days were alike and independent. They are not, so it is a rule of thumb, and the page says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import isqrt

from projects.models import Contribution, ContributionDay, Project
from values.gpu_time import format_gpu_time
from values.money import Money

WIDTH, HEIGHT = 640, 200
LOOKED_AT, FEWEST_DAYS = 7, 3
BAND_PERCENT = 128
Words = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where it ends if the last days go on, as amounts."""

    low: int
    likely: int
    high: int


@dataclass(frozen=True, slots=True)
class Curve:
    """One kind's days: (day, amount of the day, total); `points` and `band` are of an SVG of WIDTH x HEIGHT."""

    kind: str
    days: list[tuple[date, int, int]]
    goal: int
    forecast: Forecast | None
    points: str
    band: str
    goal_y: int
    words: Words

    @property
    def rows(self) -> list[tuple[date, str, str]]:
        """Days on which something changed, the newest first, as the table shows them."""
        changed = [(day, self.words(amount), self.words(total)) for day, amount, total in self.days if amount]
        return changed[::-1]

    @property
    def now(self) -> str:
        """What counts now."""
        return self.words(self.days[-1][2])

    @property
    def ending(self) -> tuple[str, str, str] | None:
        """Low, likely and high as words."""
        found = self.forecast
        return (self.words(found.low), self.words(found.likely), self.words(found.high)) if found else None


def curves_of(project: Project, now: datetime) -> list[Curve]:
    """Money and compute, as far as the project wants them; none before the launch."""
    if project.launched_at is None:
        return []
    wanted: list[tuple[str, int, Words]] = []
    if project.funding_minimum or project.funding_stretch:
        goal = project.funding_minimum or project.funding_stretch or 0
        wanted.append(("money", goal, lambda minor: str(Money(minor, project.currency))))
    if project.compute_minimum_us or project.compute_stretch_us:
        goal = project.compute_minimum_us or project.compute_stretch_us or 0
        wanted.append(("compute", goal, format_gpu_time))
    return [_curve(project, kind, goal, words, now) for kind, goal, words in wanted]


def _curve(project: Project, kind: str, goal: int, words: Words, now: datetime) -> Curve:
    days = _days(project, kind, now)
    left = max((project.deadline_at.date() - days[-1][0]).days, 0)
    is_open = project.state == Project.State.LIVE and left > 0
    forecast = forecast_of([amount for _, amount, _ in days], days[-1][2], left) if is_open else None
    top = max([goal, 1, *(total for *_, total in days), forecast.high if forecast else 0])
    count = max(len(days) - 1 + left, 1)

    def at(number: int, amount: int) -> str:
        return f"{number * WIDTH // count},{HEIGHT - max(amount, 0) * HEIGHT // top}"

    last = len(days) - 1
    band = ""
    if forecast:
        band = " ".join([at(last, days[-1][2]), at(count, forecast.high), at(count, forecast.low)])
    return Curve(
        kind=kind, days=days, goal=goal, forecast=forecast, band=band, goal_y=HEIGHT - goal * HEIGHT // top,
        points=" ".join(at(number, total) for number, (*_, total) in enumerate(days)), words=words,
    )  # fmt: skip


def _days(project: Project, kind: str, now: datetime) -> list[tuple[date, int, int]]:
    """Every day from the launch to today or the deadline, whichever is first."""
    rows = ContributionDay.objects.filter(project=project, kind=kind, stage=Contribution.Stage.PLEDGED)
    sums = dict(rows.values_list("day", "amount"))
    first = min([(project.launched_at or now).date(), *sums])
    last = max(first, min(now, project.deadline_at).date())
    found, total = [], 0
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        amount = sums.get(day, 0)
        total += amount
        found.append((day, amount, total))
    return found


def forecast_of(amounts: list[int], total: int, days_left: int) -> Forecast | None:
    """From the amounts of whole days (the last is today and is not whole); None where too few are known."""
    known = amounts[:-1][-LOOKED_AT:]
    if len(known) < FEWEST_DAYS:
        return None
    mean = sum(known) // len(known)
    variance = sum((amount - mean) ** 2 for amount in known) // len(known)
    spread = BAND_PERCENT * isqrt(variance * days_left) // 100
    likely = max(total + mean * days_left, 0)
    return Forecast(max(likely - spread, 0), likely, likely + spread)
