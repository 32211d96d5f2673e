"""Duties to rent: what the shortfall rule "rented machines make up for it" asks of a creator, followed to its end.

owed = min(what will be missing at the present pace, what the plan of the launch leaves); where the creator chose that
the run ends with what was delivered, no more than the closing counted on rented machines. One is opened after other
volunteers were asked for the hours, or at once for what the closing counted. Only verified work of rented machines, or
volunteers who deliver after all, meets it; where it is not met when training has to end, it is shown as not kept.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse

from compute_pledges.matching.outlook import Outlook
from compute_pledges.models import HoursOffer, RentDuty
from compute_pledges.services.mails import write_mail
from compute_pledges.sponsoring.invoices import budget_left
from notices.facts import Fact, day, hours, money
from projects.closing import sponsored_cover
from projects.models import Project
from projects.totals import Totals, totals_of

State = RentDuty.State
# How long other volunteers are asked first, and how soon machines are to be rented then.
OTHERS_FIRST = timedelta(days=7)
BEGIN_WITHIN = timedelta(days=14)
ENDED = (Project.State.CANCELED, Project.State.FAILED, Project.State.SUSPENDED)


def owed_us(*, project: Project, outlook: Outlook, totals: Totals) -> int:
    """H100-equivalent microseconds that the creator has to rent, as far as the plan goes."""
    left = max(project.sponsored_hours_us - totals.sponsored_realized, 0)
    if project.compute_shortfall_rule == Project.ComputeShortfallRule.TRAIN_LESS:
        left = min(left, max(sponsored_cover(project, totals) - totals.sponsored_realized, 0))
    return min(outlook.missing_us, left)


@transaction.atomic
def keep_duty(*, project: Project, outlook: Outlook, now: datetime) -> RentDuty | None:
    """Open the project's duty, bring it up to date, or let it end as met. Returns the one that stands."""
    if not project.sponsored_hours_us:
        return None
    Project.objects.select_for_update().get(pk=project.pk)
    totals = totals_of([project])[project.pk]
    owed = owed_us(project=project, outlook=outlook, totals=totals)
    duty = RentDuty.objects.filter(project=project, state__in=RentDuty.STANDING).first()
    if duty is None:
        return _open(project, owed, totals, now) if owed and _is_time(project, totals, now) else None
    RentDuty.objects.filter(pk=duty.pk).update(owed_us=owed, looked_at=now)
    if not owed:
        _move(duty, State.MET, now)
        return None
    if totals.sponsored_realized > duty.rented_before_us:
        _move(duty, State.STARTED, now)
    elif duty.is_overdue(now):
        _tell_creator(duty, "rent_overdue", owed, now)
    return duty


def _is_time(project: Project, totals: Totals, now: datetime) -> bool:
    """What the closing counted on is owed at once; the rest once others had their time to take it over."""
    if sponsored_cover(project, totals) > totals.sponsored_realized:
        return True
    asked = HoursOffer.objects.filter(project=project, closed_at=None).first()
    is_near = project.compute_ends_at - now <= BEGIN_WITHIN
    return asked is not None and (is_near or asked.opened_at <= now - OTHERS_FIRST)


def _open(project: Project, owed: int, totals: Totals, now: datetime) -> RentDuty:
    ends = project.compute_ends_at
    duty = RentDuty.objects.create(
        project=project, first_owed_us=owed, owed_us=owed, rented_before_us=totals.sponsored_realized, opened_at=now,
        start_by_at=min(now + BEGIN_WITHIN, now + (ends - now) / 2), due_at=ends, looked_at=now,
    )  # fmt: skip
    _tell_creator(duty, "rent_due", owed, now)
    return duty


def end_duties(*, now: datetime) -> int:
    """Duties whose time is over are not kept; those of projects that ended lapse. Returns how many."""
    ended = 0
    standing = RentDuty.objects.filter(state__in=RentDuty.STANDING).select_related("project")
    over = standing.filter(due_at__lte=now) | standing.filter(project__state__in=ENDED)
    for duty in over.order_by("pk"):
        with transaction.atomic():
            lapsed = duty.project.state in ENDED
            ended += _move(duty, State.LAPSED if lapsed else State.BROKEN, now)
    return ended


def _move(duty: RentDuty, target: str, now: datetime) -> bool:
    """By compare and swap; a state that is reached already returns quietly."""
    moment = {"started_at": now} if target == State.STARTED else {"ended_at": now}
    found = RentDuty.objects.filter(pk=duty.pk, state__in=RentDuty.BEFORE[target])
    return bool(found.update(state=target, **moment))


def facts_of_duty(duty: RentDuty) -> dict[str, Fact]:
    """What mails about a duty say. `duty.project` is loaded."""
    project = duty.project
    return {
        "title": project.title, "owed": hours(duty.owed_us), "first": hours(duty.first_owed_us),
        "budget": money(budget_left(project)), "begin": day(duty.start_by_at), "due": day(duty.due_at),
    }  # fmt: skip


def _tell_creator(duty: RentDuty, kind: str, owed: int, now: datetime) -> None:
    duty.owed_us = owed
    year, week, _ = now.astimezone(UTC).isocalendar()
    key = f"{duty.pk}:{year}-{week}" if kind == "rent_overdue" else str(duty.pk)
    facts = facts_of_duty(duty) | {"path": reverse("compute:sponsoring", args=[duty.project.slug])}
    write_mail(user=duty.project.creator, kind=kind, key=key, facts=facts, now=now)


def duties_until(at: datetime, project_id: int | None) -> QuerySet[RentDuty]:
    """Duties that were opened by `at`: those that stand first, the soonest to begin before others."""
    found = RentDuty.objects.filter(opened_at__lte=at).select_related("project__creator")
    if project_id is not None:
        found = found.filter(project_id=project_id)
    return found.order_by(F("ended_at").desc(nulls_first=True), "start_by_at", "pk")


def overdue_duties(*, now: datetime) -> int:
    """How many creators owe rented hours and have not begun in time."""
    return RentDuty.objects.filter(state=State.OPEN, start_by_at__lte=now).count()
