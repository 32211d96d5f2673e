"""The two meters in figures and words: solid is realized, hatched is pledged, the tick is the minimum."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from projects.models import Project
from projects.totals import Totals
from values.gpu_time import format_gpu_time
from values.money import Money

WIDTH = 1000
AFTER_FUNDING = ("funded", "delivering", "completed", "abandoned", "failed", "canceled")


@dataclass(frozen=True, slots=True)
class Meter:
    """Widths are thousandths of the track; `tick` is 0 where no minimum is set. `short` fits a narrow column."""

    kind: str
    figure: str
    sentence: str
    solid: int
    promised: int
    tick: int
    share: str = ""
    short: str = ""

    @property
    def solid_width(self) -> str:
        """As SVG reads it."""
        return f"{self.solid / 10:g}%"

    @property
    def promised_width(self) -> str:
        """As SVG reads it."""
        return f"{self.promised / 10:g}%"

    @property
    def tick_at(self) -> str:
        """As SVG reads it; inside the track even where the minimum is the whole goal."""
        return f"{min(self.tick, 995) / 10:g}%"


def _share(amount: int, whole: int) -> int:
    return max(0, min(WIDTH, amount * WIDTH // whole)) if whole > 0 else 0


def _percent(amount: int, whole: int) -> str:
    return f"{amount * 100 // whole}%"


def _time(microseconds: int) -> str:
    return format_gpu_time(microseconds) if microseconds else "0 GPU-h"


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
    goal = Money(whole, project.currency)
    sentence = (
        f"pledged of {goal} · {Money(totals.money_realized, project.currency)} collected · minimum {project.minimum}"
    )
    return Meter(
        "money",
        str(Money(pledged, project.currency)),
        sentence,
        _share(totals.money_realized, whole),
        _share(pledged, whole),
        _share(project.funding_minimum, whole),
        _percent(pledged, whole),
        f"of {goal}",
    )


def compute_meter(project: Project, totals: Totals) -> Meter:
    """Pledged and verified H100-equivalent time against the goals."""
    whole = max(project.compute_stretch_us or 0, project.compute_minimum_us, 1)
    pledged = max(totals.compute_pledged, totals.compute_realized)
    rented = f" ({_time(totals.sponsored_filling)} of it by rented machines)" if totals.sponsored_filling else ""
    sentence = (
        f"H100-equivalent, pledged of {_time(whole)} · {_time(totals.compute_realized)} verified{rented}"
        f" · minimum {_time(project.compute_minimum_us)}"
    )
    return Meter(
        "compute",
        _time(pledged),
        sentence,
        _share(totals.compute_realized, whole),
        _share(pledged, whole),
        _share(project.compute_minimum_us, whole),
        _percent(pledged, whole),
        f"of {_time(whole)}, H100-equivalent",
    )


def charge_rule(project: Project) -> str:
    """When a card is charged, in words; where GPU-hours decide too, what counts of them."""
    if project.takes_money_after_funding:
        return "The funding is over; support is charged at once."
    if project.state in AFTER_FUNDING:
        return "The funding is over; no more cards are charged."
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
    rule = f"You are charged only if {' and '.join(minimums)} {both} reached by {when}."
    return f"{rule} {compute_rule(project)}" if project.compute_minimum_us else rule


def compute_rule(project: Project) -> str:
    """What counts of GPU-hours at the deadline and what rented machines may cover, for who pledges money."""
    ends = project.compute_ends_at.astimezone(UTC)
    rule = (
        "GPU-hours count as far as paired, measured machines can deliver them on their schedules by "
        f"{ends.day} {ends:%B %Y}, weighted by their owners' records; the team's own never count."
    )
    if not project.sponsored_hours_us:
        return rule
    budget = Money(project.sponsored_budget_minor, project.currency)
    return (
        f"{rule} If the money minimum is reached, up to {format_gpu_time(project.sponsored_hours_us)} that are missing"
        f" may come from rented machines, for at most {budget} of the money."
    )
