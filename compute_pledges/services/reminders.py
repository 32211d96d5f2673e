"""Reminders by mail: pair a machine, mind the lock, decide on an offer, start the agent.

Each goes out once, found from state.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse

from compute_pledges.models import ComputeMail, ComputePledge, TrainingRun
from compute_pledges.services.mails import facts_of, write_mails
from compute_pledges.services.pledges import LOCK_BEFORE_DEADLINE
from notices.facts import Fact, hours, instant
from projects.models import Project

State = ComputePledge.State
BATCH = 500
# The first after two days, the last when three are left before the deadline.
FIRST_AFTER = timedelta(days=2)
LAST_BEFORE = timedelta(days=3)
START_AFTER = timedelta(days=3)
LOCK_TOLD = timedelta(days=1)


def remind(*, now: datetime) -> int:
    """Write what is due; returns how many mails."""
    return _remind_pairing(now) + _remind_of_lock(now) + _ask_creators(now) + _remind_starting(now)


def _not_mailed(rows: QuerySet[ComputePledge], kind: str, ending: str) -> list[ComputePledge]:
    key = Concat(Cast(OuterRef("pk"), CharField()), Value(ending))
    known = ComputeMail.objects.filter(kind=kind, key=key)
    return list(rows.exclude(Exists(known)).select_related("project__creator", "backer").order_by("pk")[:BATCH])


def _remind_pairing(now: datetime) -> int:
    unbacked = ComputePledge.objects.filter(
        Q(device=None) | Q(device__calibrated_flops_per_second=None), state=State.OFFERED,
        project__state=Project.State.LIVE, project__deadline_at__gt=now,
    )  # fmt: skip
    last = now + LAST_BEFORE
    due = (
        (":first", unbacked.filter(created_at__lte=now - FIRST_AFTER, project__deadline_at__gt=last)),
        (":last", unbacked.filter(project__deadline_at__lte=last)),
    )
    mails = []
    for ending, rows in due:
        for pledge in _not_mailed(rows, "pair_reminder", ending):
            facts = facts_of(pledge, deadline=instant(pledge.project.deadline_at))
            mails.append(_mail(pledge.backer_id, "pair_reminder", f"{pledge.pk}{ending}", facts, now))
    write_mails(mails=mails)
    return len(mails)


def _remind_of_lock(now: datetime) -> int:
    """A day before what counts is locked."""
    soon = ComputePledge.objects.filter(
        state__in=(State.ACCEPTED, State.DELIVERING), is_takeover=False, project__state=Project.State.LIVE,
        project__deadline_at__gt=now + LOCK_BEFORE_DEADLINE,
        project__deadline_at__lte=now + LOCK_BEFORE_DEADLINE + LOCK_TOLD,
    )  # fmt: skip
    mails = []
    for pledge in _not_mailed(soon, "lock_reminder", ""):
        facts = facts_of(pledge, locks=instant(pledge.project.deadline_at - LOCK_BEFORE_DEADLINE))
        mails.append(_mail(pledge.backer_id, "lock_reminder", str(pledge.pk), facts, now))
    write_mails(mails=mails)
    return len(mails)


def _ask_creators(now: datetime) -> int:
    waiting = ComputePledge.objects.filter(
        state=State.OFFERED, welcomed_at=None, project__accepts_by_hand=True, project__state=Project.State.LIVE
    )
    mails = []
    for pledge in _not_mailed(waiting, "welcome_asked", ""):
        facts: dict[str, Fact] = {
            "title": pledge.project.title, "backer": pledge.backer.public_name, "model": pledge.catalog.name,
            "hours": hours(pledge.pledged_us), "path": reverse("compute:supply", args=[pledge.project.slug]),
        }  # fmt: skip
        mails.append(_mail(pledge.project.creator_id, "welcome_asked", str(pledge.pk), facts, now))
    write_mails(mails=mails)
    return len(mails)


def _remind_starting(now: datetime) -> int:
    since = now - START_AFTER
    training = TrainingRun.objects.filter(state=TrainingRun.State.RUNNING, created_at__lte=since).values("project_id")
    idle = ComputePledge.objects.filter(state=State.ACCEPTED, accepted_at__lte=since, project_id__in=training)
    pledges = _not_mailed(idle.filter(entries=None), "start_reminder", "")
    write_mails(mails=[_mail(p.backer_id, "start_reminder", str(p.pk), facts_of(p), now) for p in pledges])
    return len(pledges)


def _mail(user_id: int, kind: str, key: str, facts: dict[str, Fact], now: datetime) -> ComputeMail:
    return ComputeMail(user_id=user_id, kind=kind, key=key, facts=facts, created_at=now)
