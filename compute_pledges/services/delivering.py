"""Rewards for GPU time that their creator says are delivered: both sides see when and how."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputePledge
from compute_pledges.services.mails import facts_of, write_mail
from projects.happenings import Happening, Kind, announce
from projects.roles import can

LONGEST_HOW = 300


@transaction.atomic
def deliver_reward(*, pledge_id: UUID, by: User, how: str, now: datetime) -> ComputePledge:
    """The reward of settled hours is with its backer, who is told how. Once; again is quiet. Raises PledgeRefused."""
    pledge = (
        ComputePledge.objects.select_for_update(of=("self",))
        .select_related("project", "backer", "reward")
        .get(pk=pledge_id)
    )
    if not can(by, pledge.project, "deliver"):
        raise PledgeRefused(gettext("Only the project's creator and stewards say what is delivered."))
    if pledge.reward is None or pledge.reward_granted_at is None:
        raise PledgeRefused(gettext("This reward is not earned: its hours have not settled."))
    if pledge.reward_delivered_at is not None:
        return pledge
    if not how.strip():
        raise PledgeRefused(gettext("Say how it reaches the backer: a link, a name, a date."))
    pledge.reward_delivered_at, pledge.reward_delivery = now, how.strip()[:LONGEST_HOW]
    pledge.save(update_fields=["reward_delivered_at", "reward_delivery"])
    facts = facts_of(pledge, reward=pledge.reward.title, how=pledge.reward_delivery)
    write_mail(
        user=pledge.backer, kind="reward_delivered", key=f"{pledge.pk}:{now:%Y%m%dT%H%M%S%f}", facts=facts, now=now
    )
    data = {"pledge": str(pledge.pk), "reward": pledge.reward.title}
    key = f"{pledge.pk}:{now.isoformat()}"
    announce(Happening(Kind.REWARD_DELIVERED, key, pledge.project_id, now, data, pledge.backer_id))
    return pledge
