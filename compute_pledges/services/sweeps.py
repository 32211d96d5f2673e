"""What beat calls for pledges: each part selects its due rows from state, so that a lost run heals itself."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from compute_pledges.matching import offers
from compute_pledges.models import ComputePledge
from compute_pledges.services.counting import count_project
from compute_pledges.services.granting import grant_rewards
from compute_pledges.services.reminders import remind
from compute_pledges.services.rollover import roll_over_due
from compute_pledges.services.sweeping import do_all, do_each
from compute_pledges.sponsoring.duties import end_duties
from projects.models import Project

STANDING = (ComputePledge.State.ACCEPTED, ComputePledge.State.DELIVERING, ComputePledge.State.FULFILLED)


def count_live_projects(*, now: datetime) -> int:
    """As the end draws nearer a schedule leaves less: recount. One that fails stops no other. Returns changes."""
    standing = ComputePledge.objects.filter(state__in=STANDING).values("project_id")
    live = Project.objects.filter(state=Project.State.LIVE, deadline_at__gt=now, pk__in=standing)
    due = live.order_by("deadline_at").values_list("pk", flat=True)
    return do_each(sweep="count", items=due, deed=lambda pk: count_project(project_id=pk, now=now), now=now)


def look_ahead(*, now: datetime) -> int:
    """Offers of missing hours, duties to rent that are over, warnings to backers who are behind."""
    parts = {"offers": offers.look_ahead, "ending duties to rent": end_duties, "warnings": offers.warn_backers}
    return do_all(parts={name: partial(part, now=now) for name, part in parts.items()}, now=now)


def tend_pledges(*, now: datetime) -> int:
    """Rewards, then hours that roll over, then reminders."""
    parts = {"rewards": grant_rewards, "rolling over": roll_over_due, "reminders": remind}
    return do_all(parts={name: partial(part, now=now) for name, part in parts.items()}, now=now)
