"""What is left of a pledge that ended: the backer lets it go on with another project, or keeps it.

A pledge goes on once: the new one names the old one, and the database lets it do so only once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import PledgeRefused
from compute_pledges.matching.wanting import projects_wanting
from compute_pledges.models import ComputePledge, Device, PledgeHour
from compute_pledges.schedule.holding import free_slots
from compute_pledges.schedule.slots import EVERY_HOUR
from compute_pledges.selectors import pledge_figures
from compute_pledges.services.mails import facts_of, write_mail
from compute_pledges.services.pledges import Week, create_pledge
from compute_pledges.services.sweeping import do_each
from projects.models import Project

State = ComputePledge.State
ENDED = (State.EXPIRED, State.PARTLY_FULFILLED)
BATCH = 200
AGAIN_AFTER, TRIED_FOR = timedelta(days=1), timedelta(days=30)


def left_us(pledge: ComputePledge) -> int:
    """Device time that was promised and is not verified."""
    return max(pledge.pledged_us - pledge_figures(pledge).verified_us, 0)


@transaction.atomic
def roll_over(*, pledge: ComputePledge, project: Project, by: User, now: datetime) -> ComputePledge:
    """Offer what is left to `project`. The same again returns the same pledge. Raises PledgeRefused."""
    locked = ComputePledge.objects.select_for_update(of=("self",)).select_related("device").get(pk=pledge.pk)
    if locked.backer_id != by.pk:
        raise PledgeRefused(gettext("Only its backer decides where the hours go."))
    if (known := ComputePledge.objects.filter(rolled_from=locked).first()) is not None:
        return known
    left = left_us(locked)
    if locked.state not in ENDED or left == 0:
        raise PledgeRefused(gettext("Nothing is left of this pledge to be offered elsewhere."))
    week = _week(locked)
    return create_pledge(
        project=project, backer=by, catalog_slug=locked.catalog_slug, pledged_us=left,
        hours_per_week=len(week.slots), device=_usable(locked), reward=None,
        client_token=uuid5(NAMESPACE_URL, f"roll-over:{locked.pk}"), now=now, week=week,
        on_failure=locked.on_failure, rolled_from=locked,
    )  # fmt: skip


def _usable(pledge: ComputePledge) -> Device | None:
    device = pledge.device
    return device if device is not None and device.state == device.State.ACTIVE else None


def _week(pledge: ComputePledge) -> Week:
    """The hours it had, as far as they are free. Raises PledgeRefused."""
    hours = set(PledgeHour.objects.filter(pledge=pledge).values_list("slot", flat=True))
    free = free_slots(device=pledge.device) if pledge.device else EVERY_HOUR
    if not hours & free:
        raise PledgeRefused(gettext("All its hours back another project by now."))
    return Week(frozenset(hours & free), pledge.time_zone)


def roll_over_due(*, now: datetime, limit: int = BATCH) -> int:
    """Offer on what its backers chose to, each to the project that lacks most of it. Returns how many."""
    chosen = ComputePledge.objects.filter(
        Q(rolled_at=None) | Q(rolled_at__lte=now - AGAIN_AFTER),
        on_failure=ComputePledge.OnFailure.ROLL_OVER,
        state__in=ENDED,
        rolled_to=None,
        ended_at__gt=now - TRIED_FOR,
    ).select_related("backer", "device", "project")
    due = chosen.order_by("ended_at", "pk")[:limit]
    return do_each(
        sweep=gettext("rolling over"),
        items=due,
        deed=lambda pledge: _roll(pledge, now),
        now=now,
        name=lambda pledge: pledge.pk,
    )


def _roll(pledge: ComputePledge, now: datetime) -> bool:
    """Hours that no project wants now are offered again each day for a month; the backer may decide first."""
    for project in projects_wanting(pledge=pledge, now=now):
        try:
            made = roll_over(pledge=pledge, project=project, by=pledge.backer, now=now)
        except PledgeRefused:
            continue
        write_mail(user=pledge.backer, kind="rolled_over", key=str(made.pk), facts=facts_of(made), now=now)
        return True
    # After trying, so that what was cut off is tried again.
    ComputePledge.objects.filter(pk=pledge.pk).update(rolled_at=now)
    return False


@transaction.atomic
def choose_ending(*, pledge: ComputePledge, by: User, on_failure: str) -> None:
    """Change what happens with the rest, as long as the pledge is open. Raises PledgeRefused."""
    if on_failure not in ComputePledge.OnFailure.values:
        raise PledgeRefused(gettext("Choose one of the two."))
    open_pledge = ComputePledge.objects.filter(pk=pledge.pk, backer=by, state__in=ComputePledge.OPEN_STATES)
    if not open_pledge.update(on_failure=on_failure):
        raise PledgeRefused(gettext("This pledge has ended. Choose where its hours go on its page."))
