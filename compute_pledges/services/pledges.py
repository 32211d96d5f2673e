"""Pledging GPU time. An offer counts only once its device is paired and calibrated, up to what it can deliver."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Sum

from accounts.models import User
from compute_pledges.catalog import CATALOG
from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputePledge, Device, GpuTimeEntry
from compute_pledges.models.devices import RECORD_BLOCKS
from projects.contributions import record_contribution
from projects.errors import RewardSoldOut
from projects.models import Project, Reward
from projects.rewards import claim_reward, release_reward
from values.gpu_time import H100_EQUIVALENT_FLOPS_PER_SECOND, format_gpu_time

LOCK_BEFORE_DEADLINE = timedelta(hours=48)
FULFILLED_SHARE = Decimal("0.995")
WEEK_HOURS = 168
SHARE_WITHOUT_RECORD_PERCENT = 25
NO_LIMIT = 2**62
State = ComputePledge.State


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
) -> ComputePledge:
    """One pledge for one form: the same token again returns the same pledge. Raises PledgeRefused."""
    if project.state != "live" or project.deadline_at <= now:
        raise PledgeRefused("This project no longer takes pledges.")
    if catalog_slug not in CATALOG:
        raise PledgeRefused("Choose a GPU model from the list.")
    if not 1 <= hours_per_week <= WEEK_HOURS:
        raise PledgeRefused(f"Hours a week are from 1 to {WEEK_HOURS}.")
    if device is not None and (device.owner_id != backer.pk or device.state != Device.State.ACTIVE):
        raise PledgeRefused("This machine is not yours or not active.")
    if reward is not None:
        _require_reached(reward=reward, project=project, catalog_slug=catalog_slug, pledged_us=pledged_us)
    try:
        with transaction.atomic():
            pledge = ComputePledge.objects.create(
                project=project, backer=backer, catalog_slug=catalog_slug, pledged_us=pledged_us, device=device,
                hours_per_week=hours_per_week, reward=reward, client_token=client_token, created_at=now,
            )  # fmt: skip
            if device is not None and device.is_calibrated:
                accept_pledge(pledge=pledge, now=now)
    except IntegrityError:
        known = ComputePledge.objects.filter(client_token=client_token, backer=backer).first()
        if known is None:
            raise
        return known
    return pledge


def _require_reached(*, reward: Reward, project: Project, catalog_slug: str, pledged_us: int) -> None:
    """A pledge may ask for a reward that its hours, by the catalog, can reach. Raises PledgeRefused."""
    if reward.project_id != project.pk or reward.threshold_gpu_us is None:
        raise PledgeRefused("This reward is not given for GPU time on this project.")
    worth_us = CATALOG[catalog_slug].h100_equivalent_us(pledged_us)
    if worth_us < reward.threshold_gpu_us:
        needed, worth = format_gpu_time(reward.threshold_gpu_us), format_gpu_time(worth_us)
        raise PledgeRefused(f"This reward needs {needed} H100-equivalent; these hours are about {worth}.")


def deliverable_us(*, pledge: ComputePledge, now: datetime) -> int:
    """Device time that the schedule leaves before the project's compute must end, less what backs other pledges."""
    assert pledge.device is not None
    seconds = max((pledge.project.compute_ends_at - now).total_seconds(), 0)
    scheduled = int(seconds * pledge.hours_per_week / WEEK_HOURS * 1_000_000)
    others = ComputePledge.objects.filter(device=pledge.device, state__in=(State.ACCEPTED, State.DELIVERING))
    backing = others.exclude(pk=pledge.pk).aggregate(total=Sum("pledged_us"))["total"] or 0
    return max(scheduled - backing, 0)


def accept_pledge(*, pledge: ComputePledge, now: datetime) -> None:
    """Freeze the device's rate and count the credible part towards the goal. The caller is in a transaction."""
    assert pledge.device_id is not None
    device = Device.objects.select_for_update().get(pk=pledge.device_id)
    credible_us = min(pledge.pledged_us, deliverable_us(pledge=pledge, now=now))
    h100_us = credible_us * device.flops_per_second // H100_EQUIVALENT_FLOPS_PER_SECOND
    counted_us = h100_us if device.has_record else min(h100_us, room_without_record(project_id=pledge.project_id))
    changed = ComputePledge.objects.filter(pk=pledge.pk, state=State.OFFERED).update(
        state=State.ACCEPTED,
        accepted_at=now,
        credible_h100_us=h100_us,
        counted_h100_us=counted_us,
        h100_per_device_ppb=device.flops_per_second * 10**9 // H100_EQUIVALENT_FLOPS_PER_SECOND,
    )
    if changed and pledge.reward_id:
        claim_reward(reward_id=pledge.reward_id)
    if changed:
        _count(pledge, "accepted", counted_us, now)


def _count(pledge: ComputePledge, event: str, h100_us: int, now: datetime) -> None:
    """Record what counts towards the goal. Pledges of the project's own creator never count."""
    if h100_us == 0 or pledge.project.creator_id == pledge.backer_id:
        return
    record_contribution(
        project=pledge.project, source=f"compute_pledge:{pledge.pk}", stage="pledged", event=event, kind="compute",
        amount=h100_us, now=now,
    )  # fmt: skip


def room_without_record(*, project_id: int) -> int:
    """How much more devices without a record may count: together a quarter of the minimum; no limit without one.

    The project's row is locked, so that two devices never take the same room.
    """
    project = Project.objects.select_for_update().get(pk=project_id)
    if not project.compute_minimum_us:
        return NO_LIMIT
    unproven = ComputePledge.objects.filter(
        project=project, state__in=(State.ACCEPTED, State.DELIVERING), device__consecutive_valid__lt=RECORD_BLOCKS
    )
    taken = unproven.aggregate(total=Sum("counted_h100_us"))["total"] or 0
    return max(project.compute_minimum_us * SHARE_WITHOUT_RECORD_PERCENT // 100 - taken, 0)


def recount(*, device_id: UUID, is_trusted: bool, now: datetime) -> None:
    """The device gained its record, or lost all trust: what its pledges to live projects count changes with it."""
    pledges = ComputePledge.objects.select_for_update(of=("self",)).select_related("project")
    standing = pledges.filter(device_id=device_id, state__in=(State.ACCEPTED, State.DELIVERING))
    for pledge in standing.filter(project__state=Project.State.LIVE, project__deadline_at__gt=now).order_by("pk"):
        target = pledge.credible_h100_us if is_trusted else 0
        difference = target - pledge.counted_h100_us
        if difference:
            pledge.counted_h100_us, pledge.recounts = target, pledge.recounts + 1
            pledge.save(update_fields=["counted_h100_us", "recounts"])
            _count(pledge, f"recounted:{pledge.recounts}", difference, now)


def attach_device(*, pledge: ComputePledge, device: Device, now: datetime) -> None:
    """Back an offer with a paired machine of the same account. Raises PledgeRefused."""
    if device.owner_id != pledge.backer_id:
        raise PledgeRefused("This machine belongs to another account.")
    with transaction.atomic():
        changed = ComputePledge.objects.filter(pk=pledge.pk, state=State.OFFERED).update(device=device)
        if not changed:
            raise PledgeRefused("Only an offer can be given a machine.")
        pledge.refresh_from_db()
        if device.is_calibrated:
            accept_pledge(pledge=pledge, now=now)


def accept_offers(*, device_id: UUID, now: datetime) -> None:
    """The device has been calibrated: its offers count from now on."""
    offers = ComputePledge.objects.select_related("project").filter(device_id=device_id, state=State.OFFERED)
    for pledge in offers.order_by("created_at"):
        try:
            with transaction.atomic():
                accept_pledge(pledge=pledge, now=now)
        except RewardSoldOut:
            # The hours are still welcome; the page says beforehand that stock is reserved at acceptance only.
            ComputePledge.objects.filter(pk=pledge.pk).update(reward=None)
            pledge.reward = None
            accept_pledge(pledge=pledge, now=now)


def withdraw_pledge(*, pledge: ComputePledge, now: datetime) -> None:
    """Take a pledge back before its lock, 48 hours before the deadline. Raises PledgeRefused."""
    if now >= pledge.project.deadline_at - LOCK_BEFORE_DEADLINE and pledge.state != State.OFFERED:
        raise PledgeRefused("Compute pledges lock 48 hours before the deadline.")
    with transaction.atomic():
        locked = ComputePledge.objects.select_for_update().get(pk=pledge.pk)
        if locked.state == State.WITHDRAWN:
            return
        if locked.state not in ComputePledge.OPEN_STATES:
            raise PledgeRefused("This pledge is closed already.")
        if locked.state != State.OFFERED and locked.reward_id:
            release_reward(reward_id=locked.reward_id)
        locked.state = State.WITHDRAWN
        locked.save(update_fields=["state"])
        _count(locked, "withdrawn", -locked.counted_h100_us, now)


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
    if target != pledge.state:
        ComputePledge.objects.filter(pk=pledge_id).update(state=target)
