"""The creator's part: taking an offer, or declining it with a reason."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputePledge
from compute_pledges.services.mails import facts_of, write_mail
from compute_pledges.services.pledges import LOCK_BEFORE_DEADLINE, accept_pledge, end_pledge
from projects.models import Project
from projects.roles import can

State = ComputePledge.State
DECLINABLE = (State.OFFERED, State.ACCEPTED)
LONGEST_REASON = 300


def _locked(pledge_id: UUID, by: User) -> ComputePledge:
    """Project first, then pledge: the order in which counting takes them. Raises PledgeRefused."""
    found = ComputePledge.objects.filter(pk=pledge_id).values("project_id")
    project = Project.objects.select_for_update().get(pk__in=found)
    if not can(by, project, "run"):
        raise PledgeRefused(gettext("Only the project's creator and trainers decide on its pledges."))
    pledges = ComputePledge.objects.select_for_update(of=("self",)).select_related("device", "backer", "reward")
    pledge = pledges.get(pk=pledge_id)
    pledge.project = project
    return pledge


@transaction.atomic
def welcome_pledge(*, pledge_id: UUID, by: User, now: datetime) -> None:
    """Take an offer: it counts once its machine is measured, at once if it is. Raises PledgeRefused, RewardSoldOut."""
    pledge = _locked(pledge_id, by)
    if pledge.state != State.OFFERED:
        if pledge.welcomed_at is not None:
            return
        raise PledgeRefused(gettext("This pledge is no offer any more."))
    pledge.welcomed_at = pledge.welcomed_at or now
    pledge.save(update_fields=["welcomed_at"])
    if pledge.device is not None and pledge.device.is_calibrated:
        accept_pledge(pledge=pledge, now=now)


@transaction.atomic
def decline_pledge(*, pledge_id: UUID, by: User, reason: str, now: datetime) -> None:
    """Decline an offer, or one that has delivered nothing yet, before the lock. Raises PledgeRefused."""
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise PledgeRefused(gettext("Say why: the backer reads it."))
    pledge = _locked(pledge_id, by)
    if pledge.state == State.DECLINED:
        return
    if pledge.state not in DECLINABLE:
        raise PledgeRefused(gettext("This pledge delivers already or has ended."))
    is_locked = now >= pledge.project.deadline_at - LOCK_BEFORE_DEADLINE
    if pledge.state == State.ACCEPTED and is_locked and not pledge.is_takeover:
        raise PledgeRefused(gettext("Compute pledges lock 48 hours before the deadline, for creators too."))
    end_pledge(pledge=pledge, target=State.DECLINED, reason=reason, now=now)
    facts = facts_of(pledge, reason=reason)
    write_mail(user=pledge.backer, kind="declined", key=str(pledge.pk), facts=facts, now=now)


@transaction.atomic
def choose_acceptance(*, project_id: int, by: User, by_hand: bool) -> None:
    """Whether offers wait for the creator. Offers that wait stay; nothing accepted changes. Raises PledgeRefused."""
    project = Project.objects.select_for_update().get(pk=project_id)
    if not can(by, project, "run"):
        raise PledgeRefused(gettext("Only the project's creator and trainers choose this."))
    project.accepts_by_hand = by_hand
    project.save(update_fields=["accepts_by_hand"])
