"""How compute pledges end without their backer: the project failed, or its training had to end.

What is verified stays with the volunteer. What is left is the backer's: given back, or offered to another project.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute_pledges.models import ComputePledge
from compute_pledges.schedule.holding import release_hours
from compute_pledges.selectors import Figures, figures_of
from compute_pledges.services.mails import facts_of, write_mail
from compute_pledges.services.sweeping import do_each
from notices.facts import hours, ours
from projects.models import Project
from projects.rewards import release_reward

State = ComputePledge.State
DEAD = (Project.State.FAILED, Project.State.CANCELED, Project.State.ABANDONED)
OVER = (*DEAD, Project.State.COMPLETED)
ENDS_AS = {State.OFFERED: State.EXPIRED, State.ACCEPTED: State.EXPIRED, State.DELIVERING: State.PARTLY_FULFILLED}
BATCH = 500
REASONS = {
    Project.State.FAILED: _("The project did not reach its minimums."),
    Project.State.CANCELED: _("The project was canceled."),
    Project.State.ABANDONED: _("The project was abandoned."),
    Project.State.COMPLETED: _("The project is complete."),
}
TIME_IS_UP = _("The project's training had to end.")


@transaction.atomic
def end_pledges(*, now: datetime) -> int:
    """End open pledges of projects that are over and of those whose training end is past. Returns how many."""
    over = Q(project__state__in=OVER) | Q(project__compute_ends_at__lte=now)
    open_pledges = ComputePledge.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        over, state__in=ENDS_AS
    )
    due = list(open_pledges.select_related("project", "backer", "reward").order_by("pk")[:BATCH])
    figures, ended = figures_of(due), list[ComputePledge]()

    def end(pledge: ComputePledge) -> int:
        with transaction.atomic():
            _end(pledge, figures[pledge.pk], now)
        ended.append(pledge)
        return 1

    do_each(sweep=gettext("ending pledges"), items=due, deed=end, now=now, name=lambda pledge: pledge.pk)
    fields = ["state", "ended_at", "end_reason", "holds_stock"]
    ComputePledge.objects.bulk_update(ended, fields, batch_size=BATCH)
    release_hours(pledge_ids=[pledge.pk for pledge in ended])
    return len(ended)


def _end(pledge: ComputePledge, figures: Figures, now: datetime) -> None:
    pledge.end_reason = str(REASONS.get(Project.State(pledge.project.state), TIME_IS_UP))
    was_counted = pledge.state != State.OFFERED
    pledge.state, pledge.ended_at = ENDS_AS[State(pledge.state)], now
    if pledge.holds_stock and not _may_still_earn(pledge, figures):
        assert pledge.reward_id is not None
        release_reward(reward_id=pledge.reward_id)
        pledge.holds_stock = False
    if was_counted:
        left = hours(max(pledge.pledged_us - figures.verified_us, 0))
        why = ours(REASONS.get(Project.State(pledge.project.state), TIME_IS_UP))
        facts = facts_of(pledge, reason=why, verified=hours(figures.verified_us), left=left)
        kind = "ended_rolling" if pledge.on_failure == ComputePledge.OnFailure.ROLL_OVER else "ended"
        write_mail(user=pledge.backer, kind=kind, key=str(pledge.pk), facts=facts, now=now)


def _may_still_earn(pledge: ComputePledge, figures: Figures) -> bool:
    """Verified work settles after its dispute window: until then the stock stays reserved."""
    if pledge.reward is None or pledge.reward_granted_at is not None:
        return True
    return figures.verified_h100_us >= (pledge.reward.threshold_gpu_us or 0)
