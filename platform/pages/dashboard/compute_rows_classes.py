"""Rows behind the memory classes of supply and demand, the projects of the funnel, and blocks that wait for a check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from compute_pledges.funnel import ComputeRow, compute_funnel
from compute_pledges.matching.class_pledges import BACKED, STANDING, class_pledges
from compute_pledges.matching.memory import class_words
from compute_pledges.matching.supply import RunOfClass, runs_by_class
from compute_pledges.models import ComputePledge, WorkResult
from pages.dashboard.compute_sections import ASKS
from pages.dashboard.money_columns import time_text
from pages.dashboard.overview import STUCK_AFTER
from pages.dashboard.rows import Link, RowSource
from projects.models import Project

EVERY_PROJECT = 1_000_000
BY_CLASS = (("class", "memory_class"),)
PLEDGE_COLUMNS = (
    ("Memory", lambda row: class_words(row.memory_class)),
    ("Machine", lambda row: Link(row.device.name, "pages:acting_device", row.device_id) if row.device_id else ""),
    ("GPU", lambda row: row.device.catalog_slug if row.device_id else row.catalog_slug),
    ("Project", lambda row: row.project.slug),
    ("Backer", lambda row: row.backer.email),
    ("State", lambda row: row.state),
    ("Hours a week", lambda row: row.hours_per_week),
    ("Deliverable H100-equivalent µs", lambda row: row.credible_h100_us if row.state in BACKED else 0),
    ("Pledge", lambda row: Link(row.pk, "compute:pledge_detail", row.pk)),
)
RUN_COLUMNS = (
    (_("Memory"), lambda row: class_words(int(row.memory_class))),
    (_("Run"), lambda row: Link(row.run.name, "compute:run", row.run.pk)),
    (_("Project"), lambda row: row.run.project.slug),
    (_("State"), lambda row: row.run.state),
    (_("Parameters"), lambda row: row.run.parameters),
    (_("Bytes for one machine"), lambda row: row.memory_bytes),
)
WAITING_COLUMNS = (
    (_("Handed in (UTC)"), lambda row: time_text(row.received_at)),
    (_("Machine"), lambda row: Link(row.device.name, "pages:acting_device", row.device_id)),
    (_("Run"), lambda row: Link(row.lease.run.name, "compute:run", row.lease.run_id)),
    (_("Round"), lambda row: row.lease.round.index),
    (_("State"), lambda row: row.state),
    ("Device µs", lambda row: row.device_us),
)


def _amount(stage: str, unit: str) -> Callable[[ComputeRow], object]:
    return lambda row: getattr(getattr(row, stage), unit)


PROJECT_COLUMNS = (
    ("Project", lambda row: row.project.slug),
    ("Title", lambda row: row.project.title),
    *((f"{stage.capitalize()}, device µs", _amount(stage, "device_us")) for stage in ComputeRow.STAGES),
    *((f"{stage.capitalize()}, H100-equivalent µs", _amount(stage, "h100_us")) for stage in ComputeRow.STAGES),
)


def _pledges(states: tuple[Any, ...]) -> Callable[[datetime, int | None], QuerySet[ComputePledge]]:
    def rows(_at: datetime, project_id: int | None) -> QuerySet[ComputePledge]:
        found = class_pledges(states=states, project_states=ASKS)
        return found if project_id is None else found.filter(project_id=project_id)

    return rows


def _runs(_at: datetime, project_id: int | None) -> list[RunOfClass]:
    found = runs_by_class(Project.objects.filter(state__in=ASKS))
    return [row for row in found if project_id in (None, row.run.project_id)]


def _projects(at: datetime, project_id: int | None) -> list[ComputeRow]:
    found = compute_funnel(at=at, limit=EVERY_PROJECT).rows
    return [row for row in found if project_id in (None, row.project.pk)]


def _waiting(at: datetime, project_id: int | None) -> QuerySet[WorkResult]:
    waiting = (WorkResult.State.REPORTED, WorkResult.State.AUDITING)
    found = WorkResult.objects.filter(state__in=waiting, received_at__lt=at - STUCK_AFTER)
    if project_id is not None:
        found = found.filter(lease__run__project_id=project_id)
    return found.select_related("device", "lease__round", "lease__run").order_by("received_at", "pk")


CLASS_SOURCES = {
    "class-machines": RowSource(
        _("Machines by memory"),
        _("Pledges with a machine behind them, in projects that take GPU time."),
        PLEDGE_COLUMNS,
        _pledges(BACKED),
        BY_CLASS,
        of_now=True,
        in_real_time=True,
    ),
    "class-offers": RowSource(
        _("Offers by memory"),
        _("Pledges that no measured machine backs yet: they count nothing."),
        PLEDGE_COLUMNS,
        _pledges((ComputePledge.State.OFFERED,)),
        BY_CLASS,
        of_now=True,
        in_real_time=True,
    ),
    "class-pledges": RowSource(
        _("Standing pledges by memory"),
        _("Machines and offers, in projects that take GPU time."),
        PLEDGE_COLUMNS,
        _pledges(STANDING),
        BY_CLASS,
        of_now=True,
        in_real_time=True,
    ),
    "class-runs": RowSource(
        _("Runs by memory"),
        _(
            "Open runs and what one machine must have. A project's open goal "
            "counts once, at the class of its most demanding run."
        ),
        RUN_COLUMNS,
        _runs,
        BY_CLASS,
        of_now=True,
        in_real_time=True,
    ),
    "compute-projects": RowSource(
        _("GPU time by project"),
        _("Every project with GPU time or a promise of it, most verified first."),
        PROJECT_COLUMNS,
        _projects,
    ),
    "blocks-waiting": RowSource(
        _("Blocks that wait for a check"),
        _("For over 15 minutes."),
        WAITING_COLUMNS,
        _waiting,
        of_now=True,
        in_real_time=True,
    ),
}
