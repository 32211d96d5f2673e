"""What of the pledged GPU time counts towards a project's minimum: one rule, one statement for all of a project.

counted = verified and merged + min(pledged - verified, free hours of its schedule before the training must end)
          x the machine's measured rate in H100-equivalents x the owner's record
A machine that can hold none of the project's open runs delivers nothing to it. The team's own pledges never count;
machines without a record fill together at most a quarter of the minimum with what they have not proven. While a project
is live the count follows the facts; its closing freezes it as of the deadline.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from compute_pledges.catalog import CATALOG
from compute_pledges.matching.memory import need_of
from compute_pledges.matching.supply import open_runs
from compute_pledges.models import ComputePledge, PledgeCount
from compute_pledges.models.devices import RECORD_BLOCKS
from compute_pledges.schedule.free_time import slot_seconds
from compute_pledges.services.counting_sql import COUNT, WRITE
from compute_pledges.services.unpledged import count_unpledged
from projects.models import Contribution, Project
from projects.teammates import team_ids
from values.gpu_time import H100_EQUIVALENT_FLOPS_PER_SECOND

SHARE_WITHOUT_RECORD_PERCENT = 25
NO_LIMIT = 2**62
WHOLE_PPM = 1_000_000
Why = PledgeCount.Why


@dataclass(frozen=True, slots=True)
class Counted:
    """One pledge's row of the rule. Device microseconds, H100-equivalent where it says so."""

    id: UUID
    pledged_us: int
    free_us: int
    verified_us: int
    deliverable_us: int
    factor_ppm: int
    ppb: int
    rest: int
    credible: int
    counted: int
    counted_rest: int
    has_record: bool
    is_team: bool
    is_fit: bool
    holds_a_run: bool
    is_capped: bool
    counted_before: int
    recounts: int

    @property
    def why(self) -> str:
        """The first thing that keeps it from counting whole."""
        short = self.deliverable_us < self.pledged_us - self.verified_us
        reasons = (
            (self.is_team, Why.TEAM), (not self.is_fit, Why.MACHINE), (not self.holds_a_run, Why.MEMORY),
            (self.is_capped, Why.QUARTER),
            (short, Why.SCHEDULE), (self.factor_ppm < WHOLE_PPM, Why.RECORD),
        )  # fmt: skip
        return next((why.value for holds, why in reasons if holds), Why.WHOLE.value)


def count_rows(*, project: Project, at: datetime, takeovers: bool = False) -> list[Counted]:
    """The rule for every standing pledge of a project as of `at`, in four queries whatever their number."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, _facts(project, at) | {"takeovers": takeovers})
        return [Counted(*row) for row in cursor.fetchall()]


def _facts(project: Project, at: datetime) -> dict[str, Any]:
    zones = ComputePledge.objects.filter(project=project).order_by().values_list("time_zone", flat=True).distinct()
    hours = [
        (zone, slot, seconds)
        for zone in zones
        for slot, seconds in enumerate(slot_seconds(zone, at, project.compute_ends_at))
    ]
    minimum = project.compute_minimum_us
    needs = [need_of(run) for run in open_runs().filter(project=project)]
    return {
        "at": at,
        "memories": [model.memory_bytes for model in CATALOG.values()],
        "need_memory": [need.memory_bytes for need in needs],
        "need_up": [need.up_bytes_per_second for need in needs],
        "need_down": [need.down_bytes_per_second for need in needs],
        "project": project.pk,
        "zones": [zone for zone, _, _ in hours],
        "slots": [slot for _, slot, _ in hours],
        "seconds": [seconds for _, _, seconds in hours],
        "slugs": list(CATALOG),
        "rates": [model.flops_per_second // 2 for model in CATALOG.values()],
        "record": RECORD_BLOCKS,
        "team": team_ids(project),
        "h100": H100_EQUIVALENT_FLOPS_PER_SECOND,
        "room": minimum * SHARE_WITHOUT_RECORD_PERCENT // 100 if minimum else NO_LIMIT,
    }


def count_project(*, project_id: int, now: datetime) -> int:
    """Bring a live project's count to what the facts say. Returns how many pledges changed."""
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=project_id)
        if project.state != Project.State.LIVE or project.deadline_at <= now:
            return 0
        return _write(project, count_rows(project=project, at=now), now, frozen_at=None)


def freeze_count(project: Project, at: datetime) -> None:
    """The count at the deadline's instant, for good; called by the closing in its transaction."""
    _write(project, count_rows(project=project, at=at), at, frozen_at=at)
    count_unpledged(project=project, at=at)


def _write(project: Project, rows: list[Counted], now: datetime, *, frozen_at: datetime | None) -> int:
    changed = [row for row in rows if row.counted != row.counted_before]
    if rows:
        steps = [row.recounts + (row.counted != row.counted_before) for row in rows]
        given: dict[str, Any] = {
            "ids": [row.id for row in rows], "credible": [row.credible for row in rows],
            "counted": [row.counted for row in rows], "ppb": [row.ppb for row in rows], "recounts": steps,
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(WRITE, given)
        _keep(rows, now, frozen_at)
    Contribution.objects.bulk_create(
        Contribution(
            project=project, source=f"compute_pledge:{row.id}", stage="pledged", event=f"counted:{row.recounts + 1}",
            kind="compute", amount=row.counted - row.counted_before, recorded_at=now,
        )
        for row in changed
    )  # fmt: skip
    return len(changed)


def _keep(rows: list[Counted], now: datetime, frozen_at: datetime | None) -> None:
    counts = [
        PledgeCount(
            pledge_id=row.id, free_us=row.free_us, verified_us=row.verified_us, deliverable_us=row.deliverable_us,
            factor_ppm=row.factor_ppm, credible_h100_us=row.credible, counted_h100_us=row.counted, why=row.why,
            counted_at=now, frozen_at=frozen_at, has_record=row.has_record, counted_rest_h100_us=row.counted_rest,
        )
        for row in rows
    ]  # fmt: skip
    fields = [
        "free_us", "verified_us", "deliverable_us", "factor_ppm", "credible_h100_us", "counted_h100_us", "why",
        "counted_at", "frozen_at", "has_record", "counted_rest_h100_us",
    ]  # fmt: skip
    PledgeCount.objects.bulk_create(counts, update_conflicts=True, unique_fields=["pledge"], update_fields=fields)
