"""What hours would count at the deadline if they were promised now, before the pledge is made: facts, then the reasons.

The rule itself is in `services/counting.py`; this says what is known of it beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from compute_pledges.matching.memory import Need, fits, memory_of, need_of
from compute_pledges.matching.supply import open_runs
from compute_pledges.models import Device
from compute_pledges.schedule.free_time import seconds_in
from compute_pledges.services.counting import SHARE_WITHOUT_RECORD_PERCENT
from compute_pledges.services.pledges import Week
from projects.models import Project
from projects.teammates import team_ids
from values.gpu_time import format_gpu_time
from values.numbers import decimal_words, percent_words


@dataclass(frozen=True, slots=True)
class Preview:
    """Device microseconds; sentences for whoever is about to promise them."""

    pledged_us: int
    deliverable_us: int
    sentences: list[str]

    @property
    def words(self) -> str:
        """`Of these 500 GPU-h, 72 GPU-h can count.`"""
        part = format_gpu_time(self.deliverable_us) if self.deliverable_us else "nothing"
        return gettext("Of these %(pledged_us)s, %(part)s can count.") % {
            "pledged_us": format_gpu_time(self.pledged_us),
            "part": part,
        }


def preview_of(
    *, project: Project, user_id: int | None, device: Device | None, memory_bytes: int, pledged_us: int, week: Week,
    now: datetime,
) -> Preview:  # fmt: skip
    """For a machine that is paired, or for one of `memory_bytes` that is not yet. Three queries."""
    free_us = seconds_in(week.slots, week.time_zone, now, project.compute_ends_at) * 1_000_000
    needs = [need_of(run) for run in open_runs().filter(project=project)]
    holds_a_run = not needs or any(_holds(device, memory_bytes, need) for need in needs)
    is_team = user_id is not None and user_id in team_ids(project)
    said = []
    if is_team:
        said.append(gettext("You belong to the project's team: your hours never count towards its minimum."))
    if not holds_a_run:
        least = _gib(min(need.memory_bytes for need in needs))
        said.append(
            gettext("%(named)s holds none of the project's runs, the smallest of which needs")
            % {"named": _named(device, memory_bytes)}
        )
        said[-1] += gettext(" %(least)s, or its connection is too slow: it would get no work now.") % {"least": least}
    if free_us < pledged_us:
        free = format_gpu_time(free_us) if free_us else gettext("no time")
        ends = f"{project.compute_ends_at:%d %B %Y}".lstrip("0")
        said.append(
            gettext("The hours chosen leave %(free)s before the training must end on %(ends)s.")
            % {"free": free, "ends": ends}
        )
    deliverable = 0 if is_team or not holds_a_run else min(pledged_us, free_us)
    return Preview(pledged_us, deliverable, [*said, *_of_machine(device)])


def _of_machine(device: Device | None) -> list[str]:
    said = []
    if device is None:
        said.append(gettext("They count only once a machine is paired and measured."))
    elif not device.is_calibrated:
        said.append(
            gettext("They count once this machine is measured, by its first verified block in a run of the project.")
        )
    if device is None or not device.has_record:
        said.append(
            gettext("Machines without a record share %(share_without_record_percent)s of the minimum.")
            % {"share_without_record_percent": percent_words(SHARE_WITHOUT_RECORD_PERCENT)}
        )
    return said


def _holds(device: Device | None, memory_bytes: int, need: Need) -> bool:
    return fits(device, need) if device is not None else memory_bytes >= need.memory_bytes


def _named(device: Device | None, memory_bytes: int) -> str:
    return (
        gettext("%(name)s with %(gib)s") % {"name": device.name, "gib": _gib(memory_of(device))}
        if device
        else gettext("A machine of %(gib)s") % {"gib": _gib(memory_bytes)}
    )


def _gib(size: int) -> str:
    return f"{decimal_words(size / 2**30, 1)} GiB"
