"""Rewards for GPU time: granted by themselves once *settled* hours reach the threshold, taken back with the hours."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext

from compute_pledges.models import ComputePledge
from compute_pledges.services.delivering import source_of
from compute_pledges.services.mails import facts_of, write_mail
from compute_pledges.services.sweeping import do_each
from projects.fulfilment.opening import open_delivery, revoke_delivery
from projects.rewards import release_reward

State = ComputePledge.State
BATCH = 500
# Verified but not settled work may still reach the threshold after its dispute window.
_STANDING = """
SELECT p.id,
       coalesce(sum(CASE WHEN e.credit = 'settled' THEN e.h100_us WHEN e.debit = 'settled' THEN -e.h100_us END), 0)
           >= r.threshold_gpu_us AS has_reached,
       coalesce(sum(CASE WHEN e.credit IN ('verified', 'settled') THEN e.h100_us ELSE 0 END
                  - CASE WHEN e.debit IN ('verified', 'settled') THEN e.h100_us ELSE 0 END), 0)
           >= r.threshold_gpu_us AS may_reach
FROM compute_pledges_computepledge p
JOIN projects_reward r ON r.id = p.reward_id
LEFT JOIN compute_pledges_gputimeentry e ON e.pledge_id = p.id
WHERE p.holds_stock
GROUP BY p.id, p.reward_granted_at, p.ended_at, r.threshold_gpu_us
"""
_CHANGED = f"""
SELECT id, has_reached FROM ({_STANDING}) s JOIN compute_pledges_computepledge p USING (id)
WHERE s.has_reached <> (p.reward_granted_at IS NOT NULL) OR (p.ended_at IS NOT NULL AND NOT s.may_reach)
ORDER BY id LIMIT %s
"""  # noqa: S608  # reason: both parts are written here


def grant_rewards(*, now: datetime, limit: int = BATCH) -> int:
    """Grant what is reached, take back what no longer is, free stock that nobody can reach. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, [limit])
        due = list(cursor.fetchall())
    return do_each(
        sweep="rewards", items=due, deed=lambda one: _settle(one[0], one[1], now), now=now, name=lambda one: one[0]
    )


@transaction.atomic
def _settle(pledge_id: UUID, has_reached: bool, now: datetime) -> bool:
    pledge = (
        ComputePledge.objects.select_for_update(of=("self",))
        .select_related("project", "backer", "reward__project")
        .get(pk=pledge_id)
    )
    if pledge.reward is None or not pledge.holds_stock:
        return False
    if has_reached and pledge.reward_granted_at is None:
        pledge.reward_granted_at = now
        open_delivery(source=source_of(pledge), reward=pledge.reward, person=pledge.backer, now=now)
    elif not has_reached and pledge.reward_granted_at is not None:
        _tell_revoked(pledge, now)
        pledge.reward_granted_at = None
        # Earned anew it is to be delivered anew.
        revoke_delivery(source=source_of(pledge), reason=gettext("its hours were taken back"), now=now)
    elif not has_reached and pledge.ended_at is not None:
        release_reward(reward_id=pledge.reward.pk)
        pledge.holds_stock = False
    pledge.save(update_fields=["reward_granted_at", "holds_stock"])
    return True


def _tell_revoked(pledge: ComputePledge, now: datetime) -> None:
    assert pledge.reward is not None
    granted = pledge.reward_granted_at or now
    key, facts = f"{pledge.pk}:{granted:%Y%m%dT%H%M%S%f}", facts_of(pledge, reward=pledge.reward.title)
    write_mail(user=pledge.backer, kind="reward_revoked", key=key, facts=facts, now=now)
