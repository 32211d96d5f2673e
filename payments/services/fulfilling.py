"""Owing the rewards of charged pledges, once their project is funded, and no longer when the money went back.

Found from state: a pledge that is charged and says `rewards_opened_at` of nothing is due, one that says it and was
refunded or lost is taken back.
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from payments.models import CashPledge, PledgeAddOn
from projects.fulfilment.opening import open_delivery, revoke_delivery
from projects.models import Project

FUNDED = (Project.State.FUNDED, Project.State.DELIVERING, Project.State.COMPLETED)
GONE = (CashPledge.State.REFUNDED, CashPledge.State.LOST)
BATCH = 200
logger = logging.getLogger(__name__)


def open_rewards(*, now: datetime) -> int:
    """Open and take back what is due; returns how many pledges. One that fails stops no other."""
    done = 0
    for pledge_id in list(_due().order_by("collected_at").values_list("pk", flat=True)[:BATCH]):
        done += _do(pledge_id, now)
    gone = CashPledge.objects.filter(state__in=GONE).exclude(rewards_opened_at=None)
    for pledge_id in list(gone.values_list("pk", flat=True)[:BATCH]):
        done += _do(pledge_id, now)
    return done


def _due() -> QuerySet[CashPledge]:
    has_add_ons = Exists(PledgeAddOn.objects.filter(pledge=OuterRef("pk")))
    charged = CashPledge.objects.filter(state=CashPledge.State.COLLECTED, rewards_opened_at=None)
    return charged.filter(Q(reward__isnull=False) | has_add_ons, project__state__in=FUNDED)


def _do(pledge_id: UUID, now: datetime) -> bool:
    try:
        return _settle(pledge_id, now)
    except DatabaseError:
        logger.exception("rewards_not_opened pledge=%s", pledge_id)
        return False


@transaction.atomic
def _settle(pledge_id: UUID, now: datetime) -> bool:
    rows = CashPledge.objects.select_for_update(of=("self",)).select_related("reward__project", "backer")
    pledge = rows.get(pk=pledge_id)
    chosen = [(pledge.reward, 1)] if pledge.reward else []
    chosen += [(add_on.reward, add_on.quantity) for add_on in pledge.add_ons.select_related("reward__project")]
    is_gone = pledge.state in GONE
    if is_gone == (pledge.rewards_opened_at is None):
        return False
    for reward, quantity in chosen:
        source = f"{pledge.source}:{reward.pk}"
        if is_gone:
            revoke_delivery(source=source, reason=_("the money went back"), now=now)
        else:
            open_delivery(source=source, reward=reward, person=pledge.backer, quantity=quantity, now=now)
    CashPledge.objects.filter(pk=pledge.pk).update(rewards_opened_at=None if is_gone else now)
    return True
