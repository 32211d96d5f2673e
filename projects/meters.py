"""The two meters in figures and words: solid is realized, hatched is pledged, the tick is the minimum."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from django.utils.formats import date_format
from django.utils.translation import gettext

from projects.models import Project
from projects.totals import Totals
from values.gpu_time import format_gpu_time
from values.money import Money
from values.numbers import percent_words

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
    return percent_words(amount * 100 // whole)


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
    words = {
        "goal": goal, "collected": Money(totals.money_realized, project.currency), "minimum": project.minimum,
    }  # fmt: skip
    sentence = gettext("pledged of %(goal)s · %(collected)s collected · minimum %(minimum)s") % words
    return Meter(
        "money",
        str(Money(pledged, project.currency)),
        sentence,
        _share(totals.money_realized, whole),
        _share(pledged, whole),
        _share(project.funding_minimum, whole),
        _percent(pledged, whole),
        gettext("of %(goal)s") % words,
    )


def compute_meter(project: Project, totals: Totals) -> Meter:
    """Pledged and verified H100-equivalent time against the goals."""
    whole = max(project.compute_stretch_us or 0, project.compute_minimum_us, 1)
    pledged = max(totals.compute_pledged, totals.compute_realized)
    words = {
        "goal": format_gpu_time(whole), "verified": format_gpu_time(totals.compute_realized),
        "rented": format_gpu_time(totals.sponsored_filling),
        "minimum": format_gpu_time(project.compute_minimum_us),
    }  # fmt: skip
    if totals.sponsored_filling:
        sentence = gettext(
            "H100-equivalent, pledged of %(goal)s · %(verified)s verified (%(rented)s of it by rented machines)"
            " · minimum %(minimum)s"
        )
    else:
        sentence = gettext("H100-equivalent, pledged of %(goal)s · %(verified)s verified · minimum %(minimum)s")
    return Meter(
        "compute",
        format_gpu_time(pledged),
        sentence % words,
        _share(totals.compute_realized, whole),
        _share(pledged, whole),
        _share(project.compute_minimum_us, whole),
        _percent(pledged, whole),
        gettext("of %(goal)s, H100-equivalent") % words,
    )


def charge_rule(project: Project) -> str:
    """When a card is charged, in words; where GPU-hours decide too, what counts of them."""
    if project.takes_money_after_funding:
        return gettext("The funding is over; support is charged at once.")
    if project.state in AFTER_FUNDING:
        return gettext("The funding is over; no more cards are charged.")
    if not project.is_all_or_nothing:
        return gettext("Cards are charged at once; the project keeps what it raises.")
    words = {
        "money": project.minimum, "hours": format_gpu_time(project.compute_minimum_us),
        "when": date_format(project.deadline_at.astimezone(UTC), "DATETIME_FORMAT"),
    }  # fmt: skip
    if not project.compute_minimum_us:
        if not project.funding_minimum:
            return gettext("No minimum is set: cards are charged on %(when)s UTC.") % words
        return gettext("You are charged only if %(money)s is reached by %(when)s UTC.") % words
    if project.funding_minimum:
        rule = gettext("You are charged only if %(money)s and %(hours)s are both reached by %(when)s UTC.")
    else:
        rule = gettext("You are charged only if %(hours)s is reached by %(when)s UTC.")
    return f"{rule % words} {compute_rule(project)}"


def compute_rule(project: Project) -> str:
    """What counts of GPU-hours at the deadline and what rented machines may cover, for who pledges money."""
    words = {
        "ends": date_format(project.compute_ends_at.astimezone(UTC), "DATE_FORMAT"),
        "hours": format_gpu_time(project.sponsored_hours_us),
        "budget": Money(project.sponsored_budget_minor, project.currency),
    }  # fmt: skip
    rule = gettext(
        "GPU-hours count as far as paired, measured machines can deliver them on their schedules by %(ends)s, weighted"
        " by their owners' records; the team's own never count."
    )
    if not project.sponsored_hours_us:
        return rule % words
    rented = gettext(
        "If the money minimum is reached, up to %(hours)s that are missing may come from rented machines, for at most"
        " %(budget)s of the money."
    )
    return f"{rule % words} {rented % words}"
