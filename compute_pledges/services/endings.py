"""How compute pledges end without their backer: the project failed, or its training had to end.

What is verified stays with the volunteer; the remaining hours are released.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from compute_pledges.models import ComputePledge
from projects.models import Project
from projects.rewards import release_reward

State = ComputePledge.State
DEAD = (Project.State.FAILED, Project.State.CANCELED, Project.State.ABANDONED)
ENDS_AS = {State.OFFERED: State.EXPIRED, State.ACCEPTED: State.EXPIRED, State.DELIVERING: State.PARTLY_FULFILLED}
BATCH = 500


@transaction.atomic
def end_pledges(*, now: datetime) -> int:
    """End open pledges of failed projects and of those whose training end is past. Returns how many."""
    over = Q(project__state__in=DEAD) | Q(project__compute_ends_at__lte=now)
    open_pledges = ComputePledge.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        over, state__in=ENDS_AS
    )
    ended = list(open_pledges.order_by("pk")[:BATCH])
    for source, target in ENDS_AS.items():
        ids = [pledge.pk for pledge in ended if pledge.state == source]
        ComputePledge.objects.filter(pk__in=ids).update(state=target)
    for pledge in ended:
        if pledge.reward_id and pledge.state == State.ACCEPTED:
            release_reward(reward_id=pledge.reward_id)
    return len(ended)
