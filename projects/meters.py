"""The two meters in figures and words: solid is realized, hatched is pledged, the tick is the minimum."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from projects.models import Project
from projects.totals import Totals
from values.gpu_time import format_gpu_time
from values.money import Money

WIDTH = 1000


@dataclass(frozen=True, slots=True)
class Meter:
    """Widths are thousandths of the track; `tick` is 0 where no minimum is set."""

    kind: str
    figure: str
    sentence: str
    solid: int
    promised: int
    tick: int


def _share(amount: int, whole: int) -> int:
    return max(0, min(WIDTH, amount * WIDTH // whole)) if whole > 0 else 0


def meters_of(project: Project, totals: Totals) -> list[Meter]:
    """One meter for each goal that the project has."""
    meters = []
    if project.funding_minimum or project.funding_stretch:
        meters.append(money_meter(project, totals))
    if project.compute_minimum_us or project.compute_stretch_us:
        meters.append(compute_meter(project, totals))
    return meters


def money_meter(project: Project, totals: Totals) -> Meter:
    """Pledged and collected money against the goals."""
    whole = max(project.funding_stretch or 0, project.funding_minimum, 1)
    pledged = max(totals.money_pledged, totals.money_realized)
    sentence = (
        f"pledged of {Money(whole, project.currency)} · {Money(totals.money_realized, project.currency)} collected"
        f" · minimum {project.minimum}"
    )
    figure = str(Money(pledged, project.currency))
    tick = _share(project.funding_minimum, whole)
    return Meter("money", figure, sentence, _share(totals.money_realized, whole), _share(pledged, whole), tick)


def compute_meter(project: Project, totals: Totals) -> Meter:
    """Pledged and verified H100-equivalent time against the goals."""
    whole = max(project.compute_stretch_us or 0, project.compute_minimum_us, 1)
    pledged = max(totals.compute_pledged, totals.compute_realized)
    sentence = (
        f"H100-equivalent, pledged of {format_gpu_time(whole)} · {format_gpu_time(totals.compute_realized)} verified"
        f" · minimum {format_gpu_time(project.compute_minimum_us)}"
    )
    tick = _share(project.compute_minimum_us, whole)
    figure = format_gpu_time(pledged)
    return Meter("compute", figure, sentence, _share(totals.compute_realized, whole), _share(pledged, whole), tick)


def charge_rule(project: Project) -> str:
    """When a card is charged, in words."""
    if not project.is_all_or_nothing:
        return "Cards are charged at once; the project keeps what it raises."
    minimums = []
    if project.funding_minimum:
        minimums.append(str(project.minimum))
    if project.compute_minimum_us:
        minimums.append(format_gpu_time(project.compute_minimum_us))
    deadline = project.deadline_at.astimezone(UTC)
    when = f"{deadline.day} {deadline:%B %Y, %H:%M} UTC"
    if not minimums:
        return f"No minimum is set: cards are charged on {when}."
    both = "are both" if len(minimums) == 2 else "is"
    return f"You are charged only if {' and '.join(minimums)} {both} reached by {when}."
