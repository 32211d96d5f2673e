"""Reward stock: claimed and released under row locks, so that a limited tier is never oversold.

Stock that tiers share is locked before the tier's own: two pledges to tiers of one pool wait for each other there.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext

from projects.errors import RewardSoldOut
from projects.models import Reward, StockPool


@transaction.atomic
def claim_reward(*, reward_id: int, now: datetime, quantity: int = 1) -> None:
    """Take `quantity` of the stock inside the caller's transaction. Raises RewardSoldOut, also once it is closed."""
    pool_id = Reward.objects.filter(pk=reward_id).values_list("pool_id", flat=True).first()
    if pool_id is not None:
        free = StockPool.objects.filter(pk=pool_id, limit__gte=F("claimed") + quantity)
        if not free.update(claimed=F("claimed") + quantity):
            _refuse(reward_id)
    free_of_its_own = Q(limit=None) | Q(limit__gte=F("claimed") + quantity)
    is_open = Q(available_until=None) | Q(available_until__gt=now)
    if not Reward.objects.filter(free_of_its_own, is_open, pk=reward_id).update(claimed=F("claimed") + quantity):
        _refuse(reward_id, now)


def _refuse(reward_id: int, now: datetime | None = None) -> None:
    reward = Reward.objects.filter(pk=reward_id).first()
    title = reward.title if reward else gettext("This reward")
    if reward is not None and now is not None and reward.available_until is not None and reward.available_until <= now:
        raise RewardSoldOut(
            gettext("%(title)s was for early pledges and is closed. Choose another. Nothing was charged.")
            % {"title": title}
        )
    raise RewardSoldOut(
        gettext("%(title)s is sold out. Choose another, or pledge without it. Nothing was charged.") % {"title": title}
    )


@transaction.atomic
def release_reward(*, reward_id: int, quantity: int = 1) -> None:
    """Put some back, into the stock that is shared as well."""
    pool_id = Reward.objects.filter(pk=reward_id).values_list("pool_id", flat=True).first()
    if pool_id is not None:
        StockPool.objects.filter(pk=pool_id, claimed__gte=quantity).update(claimed=F("claimed") - quantity)
    Reward.objects.filter(pk=reward_id, claimed__gte=quantity).update(claimed=F("claimed") - quantity)
