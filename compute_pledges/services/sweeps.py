"""What beat calls for pledges: each part selects its due rows from state, so that a lost run heals itself."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import DatabaseError

from compute_pledges.matching import offers
from compute_pledges.models import ComputePledge
from compute_pledges.services.counting import count_project
from compute_pledges.services.granting import grant_rewards
from compute_pledges.services.reminders import remind
from compute_pledges.services.rollover import roll_over_due
from projects.models import Project

logger = logging.getLogger(__name__)
STANDING = (ComputePledge.State.ACCEPTED, ComputePledge.State.DELIVERING, ComputePledge.State.FULFILLED)


def count_live_projects(*, now: datetime) -> int:
    """As the end draws nearer a schedule leaves less: recount. One that fails stops no other. Returns changes."""
    standing = ComputePledge.objects.filter(state__in=STANDING).values("project_id")
    live = Project.objects.filter(state=Project.State.LIVE, deadline_at__gt=now, pk__in=standing)
    changed = 0
    for project_id in live.order_by("deadline_at").values_list("pk", flat=True):
        try:
            changed += count_project(project_id=project_id, now=now)
        except DatabaseError:
            logger.exception("gpu_count_failed", extra={"project": project_id})
    return changed


def look_ahead(*, now: datetime) -> int:
    """Offers of missing hours, and warnings to backers who are behind."""
    return offers.look_ahead(now=now) + offers.warn_backers(now=now)


def tend_pledges(*, now: datetime) -> int:
    """Rewards, then hours that roll over, then reminders."""
    return grant_rewards(now=now) + roll_over_due(now=now) + remind(now=now)
