"""Rewards for GPU time: owed once their hours settled, delivered as those for money are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputePledge
from projects.errors import RewardRefused
from projects.fulfilment.delivering import move_deliveries
from projects.models import Delivery


def source_of(pledge: ComputePledge) -> str:
    """Under which name its reward is owed."""
    return f"compute_pledge:{pledge.pk}"


def delivery_of(pledge: ComputePledge) -> Delivery | None:
    """What is owed for the pledge's hours; None before they settled, and once they were taken back."""
    return Delivery.objects.filter(source=source_of(pledge)).exclude(state=Delivery.State.REVOKED).first()


def deliveries_of(pledges: list[ComputePledge]) -> dict[UUID, Delivery]:
    """What is owed for each of these pledges, in one query."""
    keys = {source_of(pledge): pledge.pk for pledge in pledges}
    found = Delivery.objects.filter(source__in=keys).exclude(state=Delivery.State.REVOKED)
    return {keys[delivery.source]: delivery for delivery in found}


@transaction.atomic
def deliver_reward(*, pledge_id: UUID, by: User, how: str, now: datetime) -> Delivery:
    """The reward of settled hours is with its backer, who is told how. Once; again is quiet. Raises PledgeRefused."""
    pledge = ComputePledge.objects.select_related("project").get(pk=pledge_id)
    delivery = delivery_of(pledge)
    if delivery is None:
        raise PledgeRefused(gettext("This reward is not earned: its hours have not settled."))
    if delivery.state == Delivery.State.DELIVERED:
        return delivery
    if not how.strip():
        raise PledgeRefused(gettext("Say how it reaches the backer: a link, a name, a date."))
    state = Delivery.State.DELIVERED
    try:
        move_deliveries(project=pledge.project, by=by, delivery_ids=[delivery.pk], target=state, note=how, now=now)
    except RewardRefused as error:
        raise PledgeRefused(str(error)) from error
    delivery.refresh_from_db()
    return delivery
