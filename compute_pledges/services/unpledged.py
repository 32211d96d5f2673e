"""Verified work that no pledge promised: at the deadline it counts like what was promised, once."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum

from compute_pledges.models import SponsoredDevice, WorkResult
from projects.contributions import record_contribution
from projects.models import Project
from projects.teammates import team_ids

VERIFIED = (WorkResult.State.VERIFIED, WorkResult.State.SETTLED)


def unpledged_h100_us(*, project: Project, at: datetime) -> int:
    """Merged H100-equivalent time, verified by `at`, outside pledges; the team's and rented never."""
    rented = SponsoredDevice.objects.filter(project=project).values("device_id")
    work = WorkResult.objects.filter(
        lease__run__project=project, pledge=None, is_merged=True, state__in=VERIFIED, verified_at__lte=at
    ).exclude(device__owner_id__in=team_ids(project)).exclude(device_id__in=rented)  # fmt: skip
    return work.aggregate(total=Sum("h100_us", default=0))["total"]


def count_unpledged(*, project: Project, at: datetime) -> None:
    """Add it to what the closing decides on; a second closing adds nothing."""
    found = unpledged_h100_us(project=project, at=at)
    if found:
        record_contribution(
            project=project, source=f"compute_unpledged:{project.pk}", stage="pledged", event="frozen",
            kind="compute", amount=found, now=at,
        )  # fmt: skip
