"""Everyone who backs a project, with money and with GPU time, as far as each wants to be known to its creator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.utils.translation import gettext as _

from compute_pledges.models import ComputePledge
from payments.models import CashPledge
from projects.models import Project
from values.gpu_time import format_gpu_time

STANDING, ENDED = "standing", "ended"
COMPUTE_OPEN = ComputePledge.OPEN_STATES
COMPUTE_ENDED = (ComputePledge.State.WITHDRAWN, ComputePledge.State.DECLINED, ComputePledge.State.EXPIRED)


@dataclass(frozen=True, slots=True)
class Backer:
    """One pledge as the team sees it. Without a name where its backer wants none."""

    at: datetime
    name: str
    kind: str
    amount: str
    reward: str
    state: str


def backers(project: Project, *, kind: str = "", standing: str = "", reward: str = "") -> Iterator[Backer]:
    """The newest first within each kind. Filters that are no filter are none."""
    money = _money(project, standing, reward) if kind != "compute" else iter(())
    compute = _compute(project, standing, reward) if kind != "money" else iter(())
    return chain(money, compute)


def _money(project: Project, standing: str, reward: str) -> Iterator[Backer]:
    rows = project.cash_pledges.exclude(state=CashPledge.State.STARTED).select_related("backer", "reward")
    if standing == STANDING:
        rows = rows.filter(state__in=CashPledge.COUNTED)
    elif standing == ENDED:
        rows = rows.exclude(state__in=CashPledge.COUNTED)
    if reward.isdecimal() and len(reward) < 10:
        rows = rows.filter(reward_id=int(reward))
    for pledge in rows.order_by("-created_at", "-pk").iterator(chunk_size=500):
        name = _("Anonymous") if pledge.is_anonymous else pledge.backer.public_name
        title = pledge.reward.title if pledge.reward else ""
        state = str(pledge.get_state_display())
        yield Backer(pledge.created_at, name, _("money"), str(pledge.amount), title, state)


def _compute(project: Project, standing: str, reward: str) -> Iterator[Backer]:
    rows = project.compute_pledges.select_related("backer", "reward")
    if standing == STANDING:
        rows = rows.exclude(state__in=COMPUTE_ENDED)
    elif standing == ENDED:
        rows = rows.filter(state__in=COMPUTE_ENDED)
    if reward.isdecimal() and len(reward) < 10:
        rows = rows.filter(reward_id=int(reward))
    for pledge in rows.order_by("-created_at", "pk").iterator(chunk_size=500):
        title = pledge.reward.title if pledge.reward else ""
        yield Backer(
            pledge.created_at, pledge.backer.public_name, _("GPU time"), format_gpu_time(pledge.pledged_us), title,
            str(pledge.get_state_display()),
        )  # fmt: skip
