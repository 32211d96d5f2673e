"""Missing hours, told early to backer and creator, and offered to others: on the project's page and by one mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from compute_pledges.matching.memory import fits, need_of
from compute_pledges.matching.outlook import Outlook, outlook_of, projects_that_train, projects_to_look_at
from compute_pledges.matching.supply import open_runs
from compute_pledges.models import (
    ComputeMail,
    ComputePledge,
    Device,
    HoursOffer,
    PledgeHour,
    PledgeWeek,
    RunChange,
    SponsoredDevice,
)
from compute_pledges.schedule.slots import WEEK as WEEK_HOURS
from compute_pledges.services.mails import facts_of, write_mail, write_mails
from compute_pledges.services.pace import PPM, kept_of
from compute_pledges.services.sweeping import do_each
from compute_pledges.sponsoring.duties import keep_duty
from notices.facts import Fact, day, hours, ours
from projects.models import Project

State = ComputePledge.State
ASKED_AT_MOST = 1000
SEEN_WITHIN = timedelta(days=30)
# How long no run runs before the creator is reminded of it.
IDLE_AFTER = timedelta(days=3)
# A pledge is behind when it lacks a quarter of what was due in the weeks that are past.
BEHIND_PERCENT = 25
BATCH = 500
# The money is there that machines are rented of.
PAID = (Project.State.FUNDED, Project.State.DELIVERING)


def look_ahead(*, now: datetime) -> int:
    """Open, correct or close each project's offer and duty to rent. Returns how many lack hours."""
    projects = projects_to_look_at(now=now)
    closed = HoursOffer.objects.filter(closed_at=None).exclude(project__in=projects.values("pk"))
    closed.update(closed_at=now)
    training = set(projects_that_train())

    def look(project: Project) -> bool:
        outlook, is_lacking = outlook_of(project=project, now=now), False
        if project.pk in training:
            is_lacking = _keep_offer(project, outlook, now)
        elif outlook.verified_us < outlook.goal_us:
            tell_that_nothing_trains(project=project, outlook=outlook, now=now)
        if project.state in PAID:
            keep_duty(project=project, outlook=outlook, now=now)
        return is_lacking

    return do_each(sweep="outlook", items=projects, deed=look, now=now, name=lambda project: project.slug)


@transaction.atomic
def _keep_offer(project: Project, outlook: Outlook, now: datetime) -> bool:
    offer = HoursOffer.objects.select_for_update().filter(project=project, closed_at=None).first()
    if not outlook.missing_us:
        HoursOffer.objects.filter(project=project, closed_at=None).update(closed_at=now)
        return False
    needs = [need_of(run).memory_bytes for run in open_runs().filter(project=project)]
    found = {"missing_h100_us": outlook.missing_us, "memory_bytes": min(needs, default=0), "looked_at": now}
    if offer is None:
        offer = HoursOffer.objects.create(project=project, opened_at=now, **found)
        _ask_others(offer, now)
    else:
        HoursOffer.objects.filter(pk=offer.pk).update(**found)
    _tell_creator(project, outlook, now)
    return True


def _tell_creator(project: Project, outlook: Outlook, now: datetime) -> None:
    key = _week_key(project.pk, now)
    facts: dict[str, Fact] = {
        "title": project.title, "missing": hours(outlook.missing_us),
        "verified": hours(outlook.verified_us), "deliverable": hours(outlook.deliverable_us),
        "path": reverse("compute:supply", args=[project.slug]),
    }  # fmt: skip
    write_mail(user=project.creator, kind="shortfall_creator", key=key, facts=facts, now=now)


def tell_that_nothing_trains(*, project: Project, outlook: Outlook, now: datetime) -> None:
    """No volunteer can help where no run runs: only the creator is told, weekly, once it has lasted for days."""
    newest = RunChange.objects.filter(run__project=project).aggregate(at=Max("made_at"))["at"]
    if max(project.deadline_at, newest or project.deadline_at) > now - IDLE_AFTER:
        return
    facts: dict[str, Fact] = {
        "title": project.title, "lacking": hours(outlook.goal_us - outlook.verified_us),
        "deliverable": hours(outlook.deliverable_us) if outlook.deliverable_us else ours(_("nothing")),
        "ends": day(project.compute_ends_at), "path": reverse("compute:supply", args=[project.slug]),
    }  # fmt: skip
    write_mail(user=project.creator, kind="nothing_trains", key=_week_key(project.pk, now), facts=facts, now=now)


def _week_key(name: object, now: datetime) -> str:
    year, week, _ = now.astimezone(UTC).isocalendar()
    return f"{name}:{year}-{week}"


def machines_to_ask(*, offer: HoursOffer, now: datetime) -> Sequence[Device]:
    """Measured, lately seen machines with free hours that fit the run, one for each owner who does not back it yet."""
    held = PledgeHour.objects.filter(device=OuterRef("pk")).order_by().values("device").annotate(n=Sum(1)).values("n")
    backs = ComputePledge.objects.filter(
        project=offer.project, backer=OuterRef("owner"), state__in=ComputePledge.OPEN_STATES
    )
    found = Device.objects.filter(
        state=Device.State.ACTIVE, calibrated_flops_per_second__isnull=False, owner__is_active=True,
        last_seen_at__gte=now - SEEN_WITHIN,
    ).exclude(Exists(backs)).exclude(owner=offer.project.creator).exclude(
        Exists(SponsoredDevice.objects.filter(device=OuterRef("pk")))
    )  # fmt: skip
    free = found.annotate(held=held).filter(Q(held=None) | Q(held__lt=WEEK_HOURS)).select_related("owner", "report")
    needs = [need_of(run) for run in open_runs().filter(project=offer.project)]
    fitting = [
        device
        for device in free.order_by(F("last_seen_at").desc(), "pk")[: 5 * ASKED_AT_MOST]
        if any(fits(device, need) for need in needs)
    ]
    return list({device.owner_id: device for device in reversed(fitting)}.values())[:ASKED_AT_MOST]


def _ask_others(offer: HoursOffer, now: datetime) -> None:
    project = offer.project
    facts: dict[str, Fact] = {
        "title": project.title, "missing": hours(offer.missing_h100_us),
        "ends": day(project.compute_ends_at), "path": reverse("compute:pledge", args=[project.slug]),
    }  # fmt: skip
    write_mails(
        mails=[
            ComputeMail(
                user=device.owner, kind="hours_wanted", key=f"offer:{offer.pk}",
                facts=facts | {"machine": device.name}, created_at=now,
            )
            for device in machines_to_ask(offer=offer, now=now)
        ]
    )  # fmt: skip


def warn_backers(*, now: datetime) -> int:
    """Tell backers whose machine is behind, once a week. Returns how many are behind."""
    training = projects_to_look_at(now=now).filter(pk__in=projects_that_train()).values("pk")
    weeks = PledgeWeek.objects.filter(
        pledge__state__in=(State.ACCEPTED, State.DELIVERING), pledge__project__in=training
    )
    kept = kept_of(weeks, now.astimezone(UTC).date())
    behind = {pk: one for pk, one in kept.items() if (PPM - one.ppm) * 100 > PPM * BEHIND_PERCENT}
    pledges = ComputePledge.objects.filter(pk__in=behind).select_related("project", "backer")
    mails = [
        ComputeMail(
            user=pledge.backer, kind="shortfall", key=_week_key(pledge.pk, now), created_at=now,
            facts=facts_of(
                pledge, promised=hours(behind[pledge.pk].due_us), verified=hours(behind[pledge.pk].kept_us)
            ),
        )
        for pledge in pledges.iterator(chunk_size=BATCH)
    ]  # fmt: skip
    write_mails(mails=mails)
    return len(mails)
