"""Reward stock: claimed and released under the row's lock, so that a limited tier is never oversold."""

from __future__ import annotations

from django.db.models import F, Q

from projects.errors import RewardSoldOut
from projects.models import Reward


def claim_reward(*, reward_id: int) -> None:
    """Take one of the tier's stock inside the caller's transaction. Raises RewardSoldOut."""
    free = Q(limit=None) | Q(claimed__lt=F("limit"))
    if not Reward.objects.filter(free, pk=reward_id).update(claimed=F("claimed") + 1):
        raise RewardSoldOut("This reward is sold out. Choose another, or pledge without a reward.")


def release_reward(*, reward_id: int) -> None:
    """Put one back."""
    Reward.objects.filter(pk=reward_id, claimed__gt=0).update(claimed=F("claimed") - 1)
