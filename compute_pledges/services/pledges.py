"""Pledging GPU time. An offer counts only once its device is paired and calibrated, up to what it can deliver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.catalog import CATALOG
from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputePledge, Device, GpuTimeEntry, HoursOffer, SponsoredDevice
from compute_pledges.schedule.holding import (
    agree_on_zone,
    free_slots,
    release_hours,
    take_back_hours,
    write_hours,
)
from compute_pledges.schedule.slots import EVERY_HOUR
from compute_pledges.services.counting import count_project
from compute_pledges.services.mails import facts_of, write_mail
from compute_pledges.services.pledge_rewards import require_reached, reserve_reward
from projects.contributions import record_contribution
from projects.happenings import Happening, Kind, announce
from projects.models import Project, Reward
from projects.rewards import release_reward

LOCK_BEFORE_DEADLINE = timedelta(hours=48)
FULFILLED_SHARE = Decimal("0.995")
WEEK_HOURS = 168
# Nothing is decided yet: what counts may still change.
UNDECIDED = (Project.State.LIVE, Project.State.PAUSED)
TAKES_OVER = (Project.State.COLLECTING, Project.State.FUNDED, Project.State.DELIVERING)
State = ComputePledge.State


@dataclass(frozen=True, slots=True)
class Week:
    """Hours of the week, 0 to 167 from Monday 00:00, on a clock of `time_zone`."""

    slots: frozenset[int]
    time_zone: str = "UTC"


def create_pledge(
    *,
    project: Project,
    backer: User,
    catalog_slug: str,
    pledged_us: int,
    hours_per_week: int,
    device: Device | None,
    reward: Reward | None,
    client_token: UUID,
    now: datetime,
    week: Week | None = None,
    on_failure: str = ComputePledge.OnFailure.RETURN,
    rolled_from: ComputePledge | None = None,
) -> ComputePledge:
    """One pledge for one form: the same token again returns the same pledge. Raises PledgeRefused.

    `week` says which hours; without it the machine's first `hours_per_week` free hours are taken.
    """
    is_takeover = _require_open(project, now)
    if catalog_slug not in CATALOG:
        raise PledgeRefused(gettext("Choose a GPU model from the list."))
    require_usable(device, backer)
    # A machine is what it is; the model that was typed describes one that is not paired yet.
    catalog_slug = device.catalog_slug if device else catalog_slug
    if reward is not None:
        require_reached(reward=reward, project=project, device=device, catalog_slug=catalog_slug, pledged_us=pledged_us)
    week = week or _first_free(device, hours_per_week)
    try:
        with transaction.atomic():
            pledge = ComputePledge(
                project=project, backer=backer, catalog_slug=catalog_slug, pledged_us=pledged_us, device=device,
                hours_per_week=len(week.slots), reward=reward, client_token=client_token, created_at=now,
                time_zone=week.time_zone, on_failure=on_failure, rolled_from=rolled_from, is_takeover=is_takeover,
            )  # fmt: skip
            if device is not None:
                pledge.time_zone = agree_on_zone(pledge=pledge, device=device)
            pledge.save(force_insert=True)
            write_hours(pledge=pledge, slots=week.slots)
            if device is not None and device.is_calibrated:
                accept_pledge(pledge=pledge, now=now)
    except IntegrityError:
        known = ComputePledge.objects.filter(client_token=client_token, backer=backer).first()
        if known is None:
            raise
        return known
    return pledge


def _require_open(project: Project, now: datetime) -> bool:
    """Returns whether the pledge takes over hours that a funded project lacks. Raises PledgeRefused."""
    if project.state == Project.State.LIVE and project.deadline_at > now:
        return False
    lacking = HoursOffer.objects.filter(project=project, closed_at=None).exists()
    if lacking and project.state in TAKES_OVER and project.compute_ends_at > now:
        return True
    raise PledgeRefused(gettext("This project no longer takes pledges."))


def require_usable(device: Device | None, backer: User) -> None:
    """Its owner's, active, and not paid for by a project. Raises PledgeRefused."""
    if device is None:
        return
    if device.owner_id != backer.pk or device.state != Device.State.ACTIVE:
        raise PledgeRefused(gettext("This machine is not yours or not active."))
    if SponsoredDevice.objects.filter(device=device).exists():
        raise PledgeRefused(gettext("This machine is paid for by a project: its hours never fill a pledge."))


def _first_free(device: Device | None, hours_per_week: int) -> Week:
    if not 1 <= hours_per_week <= WEEK_HOURS:
        raise PledgeRefused(gettext("Hours a week are from 1 to %(week_hours)s.") % {"week_hours": WEEK_HOURS})
    free = sorted(free_slots(device=device) if device else EVERY_HOUR)[:hours_per_week]
    if not free:
        raise PledgeRefused(gettext("Every hour of this machine backs a project already."))
    return Week(frozenset(free))


def accept_pledge(*, pledge: ComputePledge, now: datetime) -> None:
    """A measured machine backs it and the creator takes it: it counts from now on. The caller is in a transaction."""
    if pledge.project.accepts_by_hand and pledge.welcomed_at is None:
        return
    changed = ComputePledge.objects.filter(pk=pledge.pk, state=State.OFFERED).update(
        state=State.ACCEPTED, accepted_at=now
    )
    if not changed:
        return
    reserve_reward(pledge=pledge, now=now)
    write_mail(user=pledge.backer, kind="accepted", key=str(pledge.pk), facts=facts_of(pledge), now=now)
    count_project(project_id=pledge.project_id, now=now)


def recount(*, device_id: UUID, now: datetime) -> None:
    """The device gained its record, left, or lost trust: what counts of its live projects changes with it."""
    live = Project.objects.filter(state=Project.State.LIVE, deadline_at__gt=now)
    standing = ComputePledge.objects.filter(device_id=device_id, state__in=(State.ACCEPTED, State.DELIVERING))
    for project_id in live.filter(pk__in=standing.values("project_id")).order_by("pk").values_list("pk", flat=True):
        count_project(project_id=project_id, now=now)


def accept_offers(*, device_id: UUID, now: datetime) -> None:
    """The device has been calibrated: its offers count from now on, and its standing pledges anew."""
    offers = ComputePledge.objects.filter(device_id=device_id, state=State.OFFERED)
    for pledge in offers.select_related("project", "device", "reward", "backer").order_by("created_at"):
        accept_pledge(pledge=pledge, now=now)
    recount(device_id=device_id, now=now)


def is_locked(project: Project, now: datetime) -> bool:
    """From 48 hours before the deadline until the closing nothing that counts is taken back."""
    return project.state in UNDECIDED and now >= project.deadline_at - LOCK_BEFORE_DEADLINE


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What withdrawing would do now."""

    is_refused: bool
    is_late: bool
    words: str


def withdrawal_of(*, pledge: ComputePledge, now: datetime) -> Withdrawal:
    """For the pledge's page, before its backer withdraws. `pledge.project` is loaded."""
    counted = pledge.state != State.OFFERED and not pledge.is_takeover
    is_refused = counted and is_locked(pledge.project, now)
    is_late = counted and now >= pledge.project.deadline_at - LOCK_BEFORE_DEADLINE
    words = gettext("Withdrawing ends the promise and leaves no mark on your record.")
    if is_refused:
        words = gettext("Pledges are locked from 48 hours before the deadline until the project is decided.")
    elif is_late:
        words = gettext(
            "The project was decided with these hours: withdrawing now is late. It is shown, the "
            "whole pledge counts as due in your record, and later pledges are weighted by that. "
            "The missing hours are offered to others."
        )
    return Withdrawal(is_refused=is_refused, is_late=is_late, words=words)


def withdraw_pledge(*, pledge: ComputePledge, now: datetime) -> None:
    """Take a pledge back. It is locked from 48 hours before the deadline until the closing; afterwards it is late:
    shown, and counted against the owner's record. Raises PledgeRefused.
    """
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=pledge.project_id)
        locked = ComputePledge.objects.select_for_update().get(pk=pledge.pk)
        is_late = now >= project.deadline_at - LOCK_BEFORE_DEADLINE and locked.state != State.OFFERED
        if is_late and is_locked(project, now) and locked.state in ComputePledge.OPEN_STATES:
            raise PledgeRefused(gettext("Compute pledges lock 48 hours before the deadline."))
        if locked.state == State.WITHDRAWN:
            return
        if locked.state not in ComputePledge.OPEN_STATES:
            raise PledgeRefused(gettext("This pledge is closed already."))
        locked.is_late_withdrawal = is_late and not locked.is_takeover
        end_pledge(pledge=locked, target=State.WITHDRAWN, reason=gettext("Withdrawn by its backer."), now=now)


def end_pledge(*, pledge: ComputePledge, target: str, reason: str, now: datetime) -> None:
    """Close a locked pledge: its hours and unearned stock are free. Before the deadline it no longer counts."""
    pledge.state, pledge.end_reason, pledge.ended_at = target, reason[:300], now
    if pledge.holds_stock and pledge.reward_granted_at is None and pledge.reward_id:
        release_reward(reward_id=pledge.reward_id)
        pledge.holds_stock = False
    taken_back = pledge.counted_h100_us if pledge.project.state in UNDECIDED else 0
    if taken_back:
        pledge.counted_h100_us, pledge.recounts = 0, pledge.recounts + 1
        record_contribution(
            project=pledge.project, source=f"compute_pledge:{pledge.pk}", stage="pledged",
            event=f"counted:{pledge.recounts}", kind="compute", amount=-taken_back, now=now,
        )  # fmt: skip
    fields = ["state", "end_reason", "ended_at", "holds_stock", "counted_h100_us", "recounts", "is_late_withdrawal"]
    pledge.save(update_fields=fields)
    release_hours(pledge_ids=[pledge.pk])
    if taken_back:
        count_project(project_id=pledge.project_id, now=now)
    if target == State.WITHDRAWN:
        data = {
            "pledge": str(pledge.pk), "what": "compute", "pledged_us": pledge.pledged_us,
        }  # fmt: skip
        announce(Happening(Kind.PLEDGE_CANCELED, str(pledge.pk), pledge.project_id, now, data, pledge.backer_id))


def verified_us(*, pledge_id: UUID) -> int:
    """Device time of a pledge that is verified or settled now, from the journal alone."""
    good = (GpuTimeEntry.Account.VERIFIED, GpuTimeEntry.Account.SETTLED)
    entries = GpuTimeEntry.objects.filter(pledge_id=pledge_id)
    arrived = entries.filter(credit__in=good).aggregate(total=Sum("device_us"))["total"] or 0
    left = entries.filter(debit__in=good).aggregate(total=Sum("device_us"))["total"] or 0
    return int(arrived - left)


def update_progress(*, pledge_id: UUID) -> None:
    """Delivering once something is verified, fulfilled once (nearly) all is; a reversal steps back."""
    pledge = ComputePledge.objects.select_for_update().get(pk=pledge_id)
    if pledge.state not in (State.ACCEPTED, State.DELIVERING, State.FULFILLED):
        return
    done = verified_us(pledge_id=pledge_id)
    target = State.ACCEPTED if done <= 0 else State.DELIVERING
    if done >= pledge.pledged_us * FULFILLED_SHARE:
        target = State.FULFILLED
    if target == pledge.state:
        return
    ComputePledge.objects.filter(pk=pledge_id).update(state=target)
    if target == State.FULFILLED:
        release_hours(pledge_ids=[pledge_id])
    elif pledge.state == State.FULFILLED:
        take_back_hours(pledge=pledge)
