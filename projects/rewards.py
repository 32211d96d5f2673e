"""Reward stock: claimed and released under the row's lock, so that a limited tier is never oversold."""

from __future__ import annotations

from django.db.models import F, Q

from projects.errors import RewardSoldOut
from projects.models import Reward


def claim_reward(*, reward_id: int, quantity: int = 1) -> None:
    """Take `quantity` of the stock inside the caller's transaction. Raises RewardSoldOut."""
    free = Q(limit=None) | Q(limit__gte=F("claimed") + quantity)
    if not Reward.objects.filter(free, pk=reward_id).update(claimed=F("claimed") + quantity):
        title = Reward.objects.filter(pk=reward_id).values_list("title", flat=True).first() or "This reward"
        raise RewardSoldOut(f"{title} is sold out. Choose another, or pledge without it. Nothing was charged.")


def release_reward(*, reward_id: int, quantity: int = 1) -> None:
    """Put some back."""
    Reward.objects.filter(pk=reward_id, claimed__gte=quantity).update(claimed=F("claimed") - quantity)
