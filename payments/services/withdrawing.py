"""The right of withdrawal: the strongest that the reward and the add-ons give; without any, a pledge is a gift."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from payments.models import CashPledge
from projects.models import Reward


def law_class_of(pledge: CashPledge) -> str:
    """The class with the longest time to withdraw among what was chosen."""
    chosen = [add_on.reward.law_class for add_on in pledge.add_ons.select_related("reward")]
    if pledge.reward:
        chosen.append(pledge.reward.law_class)
    return max(chosen, key=lambda name: settings.WITHDRAWAL_DAYS[name], default=str(Reward.LawClass.GIFT))


def withdrawal_ends_at(pledge: CashPledge) -> datetime | None:
    """Until when its backer may withdraw; None before the charge, and where the law gives no such right."""
    days = settings.WITHDRAWAL_DAYS[law_class_of(pledge)]
    return pledge.collected_at + timedelta(days=days) if pledge.collected_at and days else None


def may_withdraw(pledge: CashPledge, now: datetime) -> bool:
    """Whether the withdrawal can be declared now."""
    ends_at = withdrawal_ends_at(pledge)
    return ends_at is not None and now < ends_at and pledge.refundable_minor > 0
