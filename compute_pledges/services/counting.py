"""What of the pledged GPU time counts towards a project's minimum: one rule, one statement for all of a project.

counted = verified + min(pledged - verified, free hours of its schedule before the training must end)
          x the machine's measured rate in H100-equivalents x the owner's record
The team's own pledges never count; machines without a record fill together at most a quarter of the minimum with what
they have not proven. While a project is live the count follows the facts; its closing freezes it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from compute_pledges.catalog import CATALOG
from compute_pledges.models import ComputePledge, PledgeCount
from compute_pledges.models.devices import RECORD_BLOCKS
from compute_pledges.schedule.free_time import slot_seconds
from compute_pledges.services.unpledged import count_unpledged
from projects.models import Contribution, Project
from projects.teammates import team_ids
from values.gpu_time import H100_EQUIVALENT_FLOPS_PER_SECOND

SHARE_WITHOUT_RECORD_PERCENT = 25
NO_LIMIT = 2**62
WHOLE_PPM = 1_000_000
Why = PledgeCount.Why

_COUNT = """
WITH zone_hours(zone, slot, seconds) AS (
    SELECT * FROM unnest(%(zones)s::text[], %(slots)s::int[], %(seconds)s::bigint[])
), rates(slug, rate) AS (
    SELECT * FROM unnest(%(slugs)s::text[], %(rates)s::numeric[])
), standing AS (
    SELECT p.id, p.backer_id, p.pledged_us, p.accepted_at, p.counted_h100_us, p.recounts,
           d.consecutive_valid >= %(record)s AS has_record,
           p.backer_id = ANY(%(team)s) AS is_team,
           coalesce(d.id = ANY(%(untrusted)s::uuid[]), false) AS is_untrusted,
           d.id IS NOT NULL AND d.state = 'active' AND d.id <> ALL(%(untrusted)s::uuid[]) AS is_fit,
           greatest(d.calibrated_flops_per_second, d.best_flops_per_second, r.rate) AS rate
    FROM compute_pledges_computepledge p
    LEFT JOIN compute_pledges_device d ON d.id = p.device_id AND d.calibrated_flops_per_second IS NOT NULL
    LEFT JOIN rates r ON r.slug = d.catalog_slug
    WHERE p.project_id = %(project)s AND p.state IN ('accepted', 'delivering', 'fulfilled')
      AND (%(takeovers)s OR NOT p.is_takeover)
), free AS (
    SELECT h.pledge_id, sum(z.seconds) * 1000000 AS us
    FROM compute_pledges_pledgehour h
    JOIN compute_pledges_computepledge p ON p.id = h.pledge_id AND h.device_id = p.device_id
    JOIN zone_hours z ON z.zone = p.time_zone AND z.slot = h.slot
    WHERE p.project_id = %(project)s GROUP BY h.pledge_id
), moved AS (
    SELECT e.pledge_id,
           sum(CASE WHEN e.credit IN ('verified', 'settled') THEN e.device_us ELSE 0 END
             - CASE WHEN e.debit IN ('verified', 'settled') THEN e.device_us ELSE 0 END) AS device_us,
           sum(CASE WHEN e.credit IN ('verified', 'settled') THEN e.h100_us ELSE 0 END
             - CASE WHEN e.debit IN ('verified', 'settled') THEN e.h100_us ELSE 0 END) AS h100_us
    FROM compute_pledges_gputimeentry e
    WHERE e.project_id = %(project)s AND e.pledge_id IS NOT NULL GROUP BY e.pledge_id
), past AS (
    SELECT p.backer_id, sum(p.pledged_us) AS pledged_us,
           sum(least(p.pledged_us, coalesce((
               SELECT sum(CASE WHEN e.credit IN ('verified', 'settled') THEN e.device_us ELSE 0 END
                        - CASE WHEN e.debit IN ('verified', 'settled') THEN e.device_us ELSE 0 END)
               FROM compute_pledges_gputimeentry e WHERE e.pledge_id = p.id), 0))) AS verified_us
    FROM compute_pledges_computepledge p JOIN projects_project j ON j.id = p.project_id
    WHERE p.backer_id IN (SELECT backer_id FROM standing) AND p.accepted_at IS NOT NULL
      AND (p.state IN ('fulfilled', 'partly_fulfilled', 'expired') OR p.is_late_withdrawal)
      AND j.state NOT IN ('failed', 'canceled', 'abandoned') AND p.project_id <> %(project)s
    GROUP BY p.backer_id
), weighed AS (
    SELECT s.*, coalesce(f.us, 0) AS free_us, greatest(coalesce(m.device_us, 0), 0) AS verified_us,
           greatest(coalesce(m.h100_us, 0), 0) AS verified_h100_us,
           CASE WHEN s.is_fit THEN least(greatest(s.pledged_us - coalesce(m.device_us, 0), 0), coalesce(f.us, 0))
                ELSE 0 END AS deliverable_us,
           coalesce(least(t.verified_us * 1000000 / t.pledged_us, 1000000), 1000000)::bigint AS factor_ppm
    FROM standing s LEFT JOIN free f ON f.pledge_id = s.id LEFT JOIN moved m ON m.pledge_id = s.id
    LEFT JOIN past t ON t.backer_id = s.backer_id
), priced AS (
    SELECT w.*, trunc(w.deliverable_us * coalesce(w.rate, 0) * w.factor_ppm / 1000000 / %(h100)s) AS rest_h100_us,
           trunc(coalesce(w.rate, 0) * 1000000000 / %(h100)s)::bigint AS ppb
    FROM weighed w
), capped AS (
    SELECT r.*, CASE WHEN r.has_record IS TRUE OR r.is_team THEN r.rest_h100_us ELSE greatest(0, least(
               r.rest_h100_us, %(room)s - coalesce(sum(CASE WHEN r.has_record IS TRUE OR r.is_team THEN 0
                   ELSE r.rest_h100_us END) OVER (ORDER BY r.accepted_at, r.counted_h100_us DESC, r.id
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) END AS allowed_h100_us
    FROM priced r
)
SELECT id, pledged_us, free_us::bigint, verified_us::bigint, deliverable_us::bigint, factor_ppm, ppb,
       rest_h100_us::bigint AS rest, (verified_h100_us + rest_h100_us)::bigint AS credible,
       CASE WHEN is_team OR is_untrusted THEN 0 ELSE verified_h100_us + allowed_h100_us END::bigint AS counted,
       is_team, is_fit, allowed_h100_us < rest_h100_us AS is_capped, counted_h100_us AS counted_before, recounts
FROM capped ORDER BY accepted_at, id
"""
_WRITE = """
UPDATE compute_pledges_computepledge p
SET credible_h100_us = n.credible, counted_h100_us = n.counted, h100_per_device_ppb = n.ppb, recounts = n.recounts
FROM unnest(%(ids)s::uuid[], %(credible)s::bigint[], %(counted)s::bigint[], %(ppb)s::bigint[], %(recounts)s::int[])
     AS n(id, credible, counted, ppb, recounts)
WHERE p.id = n.id
"""


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
    is_team: bool
    is_fit: bool
    is_capped: bool
    counted_before: int
    recounts: int

    @property
    def why(self) -> str:
        """The first thing that keeps it from counting whole."""
        short = self.deliverable_us < self.pledged_us - self.verified_us
        reasons = (
            (self.is_team, Why.TEAM), (not self.is_fit, Why.MACHINE), (self.is_capped, Why.QUARTER),
            (short, Why.SCHEDULE), (self.factor_ppm < WHOLE_PPM, Why.RECORD),
        )  # fmt: skip
        return next((why.value for holds, why in reasons if holds), Why.WHOLE.value)


def count_rows(
    *, project: Project, at: datetime, untrusted: Collection[UUID] = (), takeovers: bool = False
) -> list[Counted]:
    """The rule for every standing pledge of a project as of `at`, in three queries whatever their number."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _facts(project, at, untrusted) | {"takeovers": takeovers})
        return [Counted(*row) for row in cursor.fetchall()]


def _facts(project: Project, at: datetime, untrusted: Collection[UUID]) -> dict[str, Any]:
    zones = ComputePledge.objects.filter(project=project).order_by().values_list("time_zone", flat=True).distinct()
    hours = [
        (zone, slot, seconds)
        for zone in zones
        for slot, seconds in enumerate(slot_seconds(zone, at, project.compute_ends_at))
    ]
    minimum = project.compute_minimum_us
    return {
        "project": project.pk,
        "zones": [zone for zone, _, _ in hours],
        "slots": [slot for _, slot, _ in hours],
        "seconds": [seconds for _, _, seconds in hours],
        "slugs": list(CATALOG),
        "rates": [model.flops_per_second // 2 for model in CATALOG.values()],
        "record": RECORD_BLOCKS,
        "team": team_ids(project),
        "untrusted": list(untrusted),
        "h100": H100_EQUIVALENT_FLOPS_PER_SECOND,
        "room": minimum * SHARE_WITHOUT_RECORD_PERCENT // 100 if minimum else NO_LIMIT,
    }


def count_project(*, project_id: int, now: datetime, untrusted: Collection[UUID] = ()) -> int:
    """Bring a live project's count to what the facts say. Returns how many pledges changed."""
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=project_id)
        if project.state != Project.State.LIVE or project.deadline_at <= now:
            return 0
        return _write(project, count_rows(project=project, at=now, untrusted=untrusted), now, frozen_at=None)


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
            cursor.execute(_WRITE, given)
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
            counted_at=now, frozen_at=frozen_at,
        )
        for row in rows
    ]  # fmt: skip
    fields = [
        "free_us", "verified_us", "deliverable_us", "factor_ppm", "credible_h100_us", "counted_h100_us", "why",
        "counted_at", "frozen_at",
    ]  # fmt: skip
    PledgeCount.objects.bulk_create(counts, update_conflicts=True, unique_fields=["pledge"], update_fields=fields)
