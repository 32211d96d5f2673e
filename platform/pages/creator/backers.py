"""Everyone who backs a project, with money and with GPU time, as far as each wants to be known to its creator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from compute_pledges.models import ComputePledge
from payments.models import CashPledge, PledgeAddOn
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


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of the page and of the CSV. What is no filter is none."""

    kind: str = ""
    standing: str = ""
    reward: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the page before ended: the kind, moment and key of its last row."""

    kind: str
    at: datetime
    key: UUID

    def __str__(self) -> str:
        return f"{self.kind}~{self.at.isoformat()}~{self.key}"


def read_cursor(text: str) -> Cursor | None:
    """None for an address that somebody made up."""
    kind, _sep, rest = text.partition("~")
    at, _sep, key = rest.partition("~")
    try:
        moment = parse_datetime(at)
        return Cursor(kind, moment, UUID(key)) if kind in ("money", "compute") and moment and moment.tzinfo else None
    except ValueError:
        return None


def backers(project: Project, asked: Asked, after: Cursor | None = None) -> Iterator[tuple[Backer, Cursor]]:
    """Money first, then GPU time, the newest first within each; `after` goes on where a page ended."""
    kinds: tuple[tuple[str, QuerySet[Any], Callable[[Any], Backer]], ...] = (
        ("money", _money(project, asked), _with_money), ("compute", _compute(project, asked), _with_gpu),
    )  # fmt: skip
    for kind, rows, shown in kinds:
        if asked.kind not in ("", kind) or (after is not None and after.kind == "compute" and kind == "money"):
            continue
        for pledge in _after(rows, kind, after).order_by("-created_at", "-pk").iterator(chunk_size=500):
            yield shown(pledge), Cursor(kind, pledge.created_at, pledge.pk)


def _after(rows: QuerySet[Any], kind: str, after: Cursor | None) -> QuerySet[Any]:
    if after is None or after.kind != kind:
        return rows
    return rows.filter(Q(created_at__lt=after.at) | Q(created_at=after.at, pk__lt=after.key))


def _of_reward(rows: QuerySet[Any], asked: Asked, *, with_add_ons: bool) -> QuerySet[Any]:
    if not (asked.reward.isdecimal() and len(asked.reward) < 10):
        return rows
    wanted = Q(reward_id=int(asked.reward))
    if with_add_ons:
        wanted |= Q(pk__in=PledgeAddOn.objects.filter(reward=int(asked.reward)).values("pledge"))
    return rows.filter(wanted)


def _money(project: Project, asked: Asked) -> QuerySet[CashPledge]:
    rows = project.cash_pledges.exclude(state=CashPledge.State.STARTED).select_related("backer", "reward")
    if asked.standing == STANDING:
        rows = rows.filter(state__in=CashPledge.COUNTED)
    elif asked.standing == ENDED:
        rows = rows.exclude(state__in=CashPledge.COUNTED)
    return _of_reward(rows, asked, with_add_ons=True)


def _with_money(pledge: CashPledge) -> Backer:
    name = _("Anonymous") if pledge.is_anonymous else pledge.backer.public_name
    title = pledge.reward.title if pledge.reward else ""
    return Backer(
        pledge.created_at, name, _("money"), str(pledge.amount), title, str(pledge.get_state_display())
    )  # fmt: skip


def _compute(project: Project, asked: Asked) -> QuerySet[ComputePledge]:
    rows = project.compute_pledges.select_related("backer", "reward")
    if asked.standing == STANDING:
        rows = rows.exclude(state__in=COMPUTE_ENDED)
    elif asked.standing == ENDED:
        rows = rows.filter(state__in=COMPUTE_ENDED)
    return _of_reward(rows, asked, with_add_ons=False)


def _with_gpu(pledge: ComputePledge) -> Backer:
    title = pledge.reward.title if pledge.reward else ""
    return Backer(
        pledge.created_at, pledge.backer.public_name, _("GPU time"), format_gpu_time(pledge.pledged_us), title,
        str(pledge.get_state_display()),
    )  # fmt: skip
