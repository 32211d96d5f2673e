"""From what happened to messages: written in its transaction, one for each endpoint that wants it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from api.models import HookEndpoint, HookMessage
from compute_pledges.models import ComputePledge
from payments.models import CashPledge
from projects.happenings import Happening, Kind
from projects.models import Project
from projects.roles import Permission, mates_who_can

NAMESPACE = UUID("6f0b3f0c-7a55-4a0e-9f52-3c3b8d2a1b90")
TEST_KIND = "test.sent"
# A run merges many rounds an hour: of each run one is told in so long.
ROUNDS_TOLD_EVERY = timedelta(minutes=1)
# What a teammate's role must allow to be told of it; a role that is lost ends it.
NEEDED: dict[Kind, Permission] = {
    Kind.STATE_CHANGED: "see", Kind.NOTE_PUBLISHED: "see", Kind.ROUND_MERGED: "see", Kind.RELEASE_PUBLISHED: "see",
    Kind.PLEDGE_COLLECTED: "see_backers", Kind.PLEDGE_CANCELED: "see_backers", Kind.REWARD_DELIVERED: "see_backers",
}  # fmt: skip
CLOSED_COMPUTE = (ComputePledge.State.WITHDRAWN, ComputePledge.State.EXPIRED, ComputePledge.State.DECLINED)


def write_messages(happening: Happening) -> int:
    """Returns how many endpoints are told. One query where nobody asked."""
    endpoints = list(_wanting(happening))
    if not endpoints:
        return 0
    slug = Project.objects.values_list("slug", flat=True).get(pk=happening.project_id)
    body = body_of(happening.kind, happening.at, {"project": slug, **happening.data})
    message_id = f"msg_{uuid5(NAMESPACE, f'{happening.kind}:{happening.key}').hex}"
    now = timezone.now()
    made = [
        HookMessage(
            endpoint=endpoint, message_id=message_id, kind=happening.kind, body=body, next_at=now, created_at=now
        )
        for endpoint in endpoints
    ]
    return len(HookMessage.objects.bulk_create(made, ignore_conflicts=True))


def write_test(*, endpoint: HookEndpoint, now: datetime) -> HookMessage:
    """A message that says nothing but that messages arrive."""
    data = {"endpoint": str(endpoint.pk), "text": "This is a test."}
    return HookMessage.objects.create(
        endpoint=endpoint, message_id=f"msg_{uuid4().hex}", kind=TEST_KIND, body=body_of(TEST_KIND, now, data),
        next_at=now, created_at=now,
    )  # fmt: skip


def body_of(kind: str, at: datetime, data: dict[str, Any]) -> str:
    """As receivers read it."""
    return json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}, separators=(",", ":"))


def _wanting(happening: Happening) -> QuerySet[HookEndpoint]:
    """Active ones of the team that may know, of whom it concerns, and of its backers where everybody may know."""
    project = Project.objects.filter(pk=happening.project_id)
    mates = mates_who_can(happening.project_id, NEEDED[happening.kind])
    team = Q(owner__in=project.values("creator")) | Q(owner__in=mates.values("user"))
    of_owner = team | Q(owner=happening.person_id) if happening.person_id else team
    if happening.is_public and happening.person_id is None:
        of_owner |= Q(Exists(_backers(happening.project_id)))
    wanted = HookEndpoint.objects.filter(
        (Q(project=happening.project_id) & team) | (Q(project=None) & of_owner),
        state=HookEndpoint.State.ACTIVE, kinds__contains=[happening.kind], owner__is_active=True,
    )  # fmt: skip
    if happening.kind == Kind.ROUND_MERGED:
        recent = HookMessage.objects.filter(
            endpoint=OuterRef("pk"), kind=happening.kind, created_at__gt=timezone.now() - ROUNDS_TOLD_EVERY,
            body__contains=str(happening.data["run"]),
        )  # fmt: skip
        wanted = wanted.exclude(Exists(recent))
    return wanted


def _backers(project_id: int) -> QuerySet[User]:
    cash = CashPledge.objects.filter(project=project_id, state__in=CashPledge.COUNTED)
    compute = ComputePledge.objects.filter(project=project_id).exclude(state__in=CLOSED_COMPUTE)
    backers = Q(pk__in=cash.values("backer")) | Q(pk__in=compute.values("backer"))
    return User.objects.filter(backers, pk=OuterRef("owner"))
