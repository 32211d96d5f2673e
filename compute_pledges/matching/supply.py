"""Supply against demand by memory class: of a project for its creator, of the whole platform for admins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet, Sum

from compute_pledges.matching.class_pledges import BACKED, STANDING, standing_by_class
from compute_pledges.matching.memory import CLASSES, Need, class_of, class_words, fits, need_of
from compute_pledges.models import ComputePledge, Device, TrainingRun
from projects.models import Project
from projects.totals import totals_of

RUNS_SHOWN = 5


@dataclass(slots=True)
class ClassRow:
    """One memory class. Supply is what stands in pledges; demand is what runs of this need still lack."""

    index: int
    devices: int = 0
    offers: int = 0
    hours_per_week: int = 0
    supply_h100_us: int = 0
    demand_h100_us: int = 0
    runs: list[TrainingRun] = field(default_factory=list)
    # Supply of this class and of all larger ones: what could train a run of this need.
    usable_h100_us: int = 0

    @property
    def words(self) -> str:
        """The class's name."""
        return class_words(self.index)

    @property
    def missing_h100_us(self) -> int:
        """Demand that no fitting machine covers."""
        return max(self.demand_h100_us - self.usable_h100_us, 0)


def supply_and_demand(*, projects: QuerySet[Project]) -> list[ClassRow]:
    """A row for each class, in four queries whatever the number of pledges; of projects, those with runs are read."""
    rows = [ClassRow(index) for index in range(len(CLASSES) + 1)]
    _supply(rows, projects)
    _demand(rows, projects)
    usable = 0
    for row in reversed(rows):
        usable += row.supply_h100_us
        row.usable_h100_us = usable
    return rows


def _demand(rows: list[ClassRow], projects: QuerySet[Project]) -> None:
    """A project's open goal counts once, at the class of its most demanding run, however many runs it has."""
    largest: dict[int, int] = {}
    for found in runs_by_class(projects):
        index = int(found.memory_class)
        rows[index].runs.append(found.run)
        largest[found.run.project_id] = max(largest.get(found.run.project_id, 0), index)
    training = Project.objects.listed().in_bulk(largest) if largest else {}
    totals = totals_of(training.values())
    for key, index in largest.items():
        goal = max(training[key].compute_minimum_us, training[key].compute_stretch_us or 0)
        rows[index].demand_h100_us += max(goal - totals[key].compute_realized, 0)


def _supply(rows: list[ClassRow], projects: QuerySet[Project]) -> None:
    standing = ComputePledge.objects.filter(project__in=projects, state__in=STANDING)
    backed = Q(state__in=BACKED)
    sums = standing_by_class(standing).annotate(
        machines=Count("pk", filter=backed), offered=Count("pk", filter=~backed), week=Sum("hours_per_week"),
        supply=Sum("credible_h100_us", filter=backed, default=0),
    )  # fmt: skip
    for index, machines, offered, week, supply in sums.values_list(
        "memory_class", "machines", "offered", "week", "supply"
    ):
        row = rows[index]
        row.devices, row.offers, row.hours_per_week, row.supply_h100_us = machines, offered, week, supply


@dataclass(frozen=True, slots=True)
class RunOfClass:
    """An open run with its memory class as an address gives it, and what one machine must have for it."""

    run: TrainingRun
    memory_class: str
    memory_bytes: int


def runs_by_class(projects: QuerySet[Project]) -> list[RunOfClass]:
    """The open runs of these projects. One query."""
    needs = [(run, need_of(run).memory_bytes) for run in open_runs().filter(project__in=projects)]
    return [RunOfClass(run, str(class_of(memory)), memory) for run, memory in needs]


def open_runs() -> QuerySet[TrainingRun]:
    """Runs that take machines now, or will again."""
    return TrainingRun.objects.filter(state__in=(TrainingRun.State.RUNNING, TrainingRun.State.PAUSED))


def runs_that_fit(*, memory_bytes: int) -> list[TrainingRun]:
    """Running runs of public projects that a machine of this memory can train, the largest first."""
    running = TrainingRun.objects.filter(state=TrainingRun.State.RUNNING).defer("config", "data")
    public = running.exclude(project__state__in=Project.PRIVATE_STATES).order_by("-parameters")[:200]
    return [run for run in public if need_of(run).memory_bytes <= memory_bytes][:RUNS_SHOWN]


def machines_for(need: Need, devices: Iterable[Device]) -> list[Device]:
    """Those of `devices` that can train what asks for `need`."""
    return [device for device in devices if fits(device, need)]
