"""Missing hours, told early to backer and creator, and offered to others: on the project's page and by one mail."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.urls import reverse

from compute_pledges.matching.memory import fits, need_of
from compute_pledges.matching.outlook import Outlook, outlook_of, projects_to_look_at
from compute_pledges.matching.supply import open_runs
from compute_pledges.models import (
    ComputeMail,
    ComputePledge,
    Device,
    HoursOffer,
    PledgeHour,
    PledgeWeek,
    SponsoredDevice,
)
from compute_pledges.schedule.slots import WEEK as WEEK_HOURS
from compute_pledges.services.mails import facts_of, write_mail, write_mails
from projects.models import Project
from values.gpu_time import format_gpu_time

logger = logging.getLogger(__name__)
State = ComputePledge.State
ASKED_AT_MOST = 1000
SEEN_WITHIN = timedelta(days=30)
# A pledge is behind when it lacks a quarter of what was due in the weeks that are past.
BEHIND_PERCENT = 25
BATCH = 500


def look_ahead(*, now: datetime) -> int:
    """Open, correct or close each project's offer; one that fails stops no other. Returns how many lack hours."""
    lacking = 0
    closed = HoursOffer.objects.filter(closed_at=None).exclude(project__in=projects_to_look_at(now=now))
    closed.update(closed_at=now)
    for project in projects_to_look_at(now=now):
        try:
            outlook = outlook_of(project=project, now=now)
            lacking += _keep_offer(project, outlook, now)
        except DatabaseError:
            logger.exception("hours_outlook_failed", extra={"project": project.pk})
    return lacking


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
    year, week, _ = now.astimezone(UTC).isocalendar()
    facts = {
        "title": project.title, "missing": format_gpu_time(outlook.missing_us),
        "verified": format_gpu_time(outlook.verified_us), "deliverable": format_gpu_time(outlook.deliverable_us),
        "path": reverse("compute:supply", args=[project.slug]),
    }  # fmt: skip
    key = f"{project.pk}:{year}-{week}"
    write_mail(user=project.creator, kind="shortfall_creator", key=key, facts=facts, now=now)


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
    free = found.annotate(held=held).filter(Q(held=None) | Q(held__lt=WEEK_HOURS)).select_related("owner")
    runs = list(open_runs().filter(project=offer.project))
    fitting = [
        device
        for device in free.order_by(F("last_seen_at").desc(), "pk")[: 5 * ASKED_AT_MOST]
        if any(fits(device, need_of(run)) for run in runs)
    ]
    return list({device.owner_id: device for device in reversed(fitting)}.values())[:ASKED_AT_MOST]


def _ask_others(offer: HoursOffer, now: datetime) -> None:
    project = offer.project
    ends = project.compute_ends_at.astimezone(UTC)
    facts = {
        "title": project.title, "missing": format_gpu_time(offer.missing_h100_us),
        "ends": f"{ends.day} {ends:%B %Y}", "path": reverse("compute:pledge", args=[project.slug]),
    }  # fmt: skip
    write_mails(
        mails=[
            ComputeMail(
                user=device.owner, kind="hours_wanted", key=f"project:{project.pk}",
                facts=facts | {"machine": device.name}, created_at=now,
            )
            for device in machines_to_ask(offer=offer, now=now)
        ]
    )  # fmt: skip


def warn_backers(*, now: datetime) -> int:
    """Tell backers whose machine is behind, once a week. Returns how many are behind."""
    year, week, _ = now.astimezone(UTC).isocalendar()
    today = now.astimezone(UTC).date()
    past = PledgeWeek.objects.filter(
        week_starts_at__lte=today - timedelta(days=7), pledge__state__in=(State.ACCEPTED, State.DELIVERING),
        pledge__project__in=projects_to_look_at(now=now),
    ).order_by().values("pledge_id")  # fmt: skip
    sums = past.annotate(due=Sum("promised_us"), done=Sum("verified_us") - Sum("reversed_us"))
    behind = {row["pledge_id"]: row for row in sums if _is_behind(row["due"], row["done"])}
    pledges = ComputePledge.objects.filter(pk__in=behind).select_related("project", "backer")
    mails = [
        ComputeMail(
            user=pledge.backer, kind="shortfall", key=f"{pledge.pk}:{year}-{week}", created_at=now,
            facts=facts_of(
                pledge, promised=format_gpu_time(behind[pledge.pk]["due"]),
                verified=format_gpu_time(max(behind[pledge.pk]["done"], 0)),
            ),
        )
        for pledge in pledges.iterator(chunk_size=BATCH)
    ]  # fmt: skip
    write_mails(mails=mails)
    return len(mails)


def _is_behind(due_us: int, done_us: int) -> bool:
    return (due_us - done_us) * 100 > due_us * BEHIND_PERCENT
