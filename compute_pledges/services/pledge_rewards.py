"""Which reward hours of a machine can reach. What the machine is decides, never what was typed.

A limited reward is reserved at acceptance: a pledge whose measured machine cannot reach it takes it from nobody.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute_pledges.catalog import CATALOG
from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputePledge, Device
from compute_pledges.services.mails import facts_of, write_mail
from notices.facts import Fact, hours, ours
from projects.errors import RewardSoldOut
from projects.models import Project, Reward
from projects.rewards import claim_reward
from values.gpu_time import H100_EQUIVALENT_FLOPS_PER_SECOND, format_gpu_time


def worth_us(*, device: Device | None, catalog_slug: str, pledged_us: int) -> int:
    """H100-equivalent microseconds: by the measured rate, else by the machine's class, else by the class offered."""
    if device is not None and device.is_calibrated:
        return pledged_us * device.flops_per_second // H100_EQUIVALENT_FLOPS_PER_SECOND
    return CATALOG[device.catalog_slug if device else catalog_slug].h100_equivalent_us(pledged_us)


def require_reached(
    *, reward: Reward, project: Project, device: Device | None, catalog_slug: str, pledged_us: int
) -> None:
    """A pledge may ask for a reward that its hours can reach, and is left to reserve. Raises PledgeRefused."""
    if device is not None and device.is_calibrated and reward.is_sold_out:
        raise PledgeRefused(
            gettext("%(title)s is sold out. Choose another, or pledge without it.") % {"title": reward.title}
        )
    if reward.project_id != project.pk or reward.threshold_gpu_us is None:
        raise PledgeRefused(gettext("This reward is not given for GPU time on this project."))
    found = worth_us(device=device, catalog_slug=catalog_slug, pledged_us=pledged_us)
    if found < reward.threshold_gpu_us:
        needed, worth = format_gpu_time(reward.threshold_gpu_us), format_gpu_time(found)
        raise PledgeRefused(
            gettext("This reward needs %(needed)s H100-equivalent; these hours are about %(worth)s.")
            % {"needed": needed, "worth": worth}
        )


def reserve_reward(*, pledge: ComputePledge, now: datetime) -> None:
    """Take the reward's stock for a pledge that is accepted, or let the pledge go on without it and say why.

    The caller is in a transaction and has loaded `reward` and `device`.
    """
    if pledge.reward is None:
        return
    why: Fact = ""
    found = worth_us(device=pledge.device, catalog_slug=pledge.catalog_slug, pledged_us=pledge.pledged_us)
    if found < (pledge.reward.threshold_gpu_us or 0):
        words = _("the hours of your machine are about %(found)s H100-equivalent, less than it needs")
        why = ours(words, found=hours(found))
    else:
        try:
            with transaction.atomic():
                claim_reward(reward_id=pledge.reward.pk, now=now)
        except RewardSoldOut:
            why = ours(_("it was sold out before your machine was measured"))
    if why:
        facts = facts_of(pledge, reward=pledge.reward.title, why=why)
        write_mail(user=pledge.backer, kind="reward_missed", key=str(pledge.pk), facts=facts, now=now)
        pledge.reward = None
    pledge.holds_stock = pledge.reward is not None
    ComputePledge.objects.filter(pk=pledge.pk).update(reward=pledge.reward, holds_stock=pledge.holds_stock)
