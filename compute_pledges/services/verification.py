"""Moving a block to verified, rejected, settled or reversed. Callers hold the block's row lock."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest
from django.utils.translation import gettext

from clock.services import business_now, business_offset
from compute_pledges.models import Audit, Device, GpuTimeEntry, Lease, WorkResult
from compute_pledges.models.devices import RECORD_BLOCKS
from compute_pledges.services import auditors
from compute_pledges.services.journal import count_towards_goal, move
from compute_pledges.services.pledges import accept_offers, recount, update_progress
from compute_pledges.services.rates import keep_rate, rate_of
from compute_pledges.services.sweeping import do_each
from compute_pledges.services.trust_mails import tell_quarantine
from compute_pledges.services.turns import keep_turn

Account = GpuTimeEntry.Account
State = WorkResult.State


def verify(*, result: WorkResult, now: datetime) -> None:
    """The block counts: journal, goal, the device's record, and its rate when it was a calibration."""
    changed = WorkResult.objects.filter(pk=result.pk, state__in=(State.REPORTED, State.AUDITING)).update(
        state=State.VERIFIED, verified_at=now, reason=""
    )
    if not changed:
        return
    move(result=result, debit=Account.REPORTED, credit=Account.VERIFIED, now=now)
    count_towards_goal(result=result, event="verified", sign=1, now=now)
    rate = rate_of(result)
    record: dict[str, object] = {
        "consecutive_valid": F("consecutive_valid") + 1,
        "best_flops_per_second": Greatest(F("best_flops_per_second"), Value(rate)),
    }
    if result.lease.kind == Lease.Kind.CALIBRATION:
        # Business time, as all windows that a demo's clock may move.
        record |= {"calibrated_flops_per_second": rate, "calibrated_at": business_now()}
    Device.objects.filter(pk=result.device_id).update(**record)
    keep_rate(device_id=result.device_id, rate=rate, day=now.astimezone(UTC).date())
    if result.lease.kind == Lease.Kind.CALIBRATION:
        accept_offers(device_id=result.device_id, now=now)
    if Device.objects.filter(pk=result.device_id, consecutive_valid=RECORD_BLOCKS).exists():
        recount(device_id=result.device_id, now=now)
    if result.pledge_id:
        update_progress(pledge_id=result.pledge_id)


def reject(*, result: WorkResult, reason: str, now: datetime) -> None:
    """The block earns nothing; its volunteer sees why."""
    changed = WorkResult.objects.filter(pk=result.pk, state__in=(State.REPORTED, State.AUDITING)).update(
        state=State.REJECTED, reason=reason[:300]
    )
    if changed:
        move(result=result, debit=Account.REPORTED, credit=Account.REJECTED, now=now)


def quarantine(*, device_id: UUID, reason: str, now: datetime) -> int:
    """Failed audits: reverse the device's work since its last pass, reset its trust. Returns blocks reversed."""
    if Device.objects.filter(pk=device_id).exclude(state=Device.State.REVOKED).exists():
        keep_turn(device_id=device_id, target=Device.State.QUARANTINED, at=now + business_offset())
    # A second verdict finds the record at nothing; what an appeal would give back is the record before the first.
    Device.objects.filter(pk=device_id).exclude(state=Device.State.REVOKED).update(
        state=Device.State.QUARANTINED, quarantine_reason=reason[:300], consecutive_valid=0, quarantined_at=now,
        valid_before_quarantine=Case(
            When(state=Device.State.QUARANTINED, then=F("valid_before_quarantine")), default=F("consecutive_valid")
        ),
    )  # fmt: skip
    put_on_probation(device_id=device_id, now=now)
    tell_quarantine(device_id=device_id, reason=reason, now=now)
    auditors.suspend(device_id=device_id, reason=gettext("It is in quarantine itself."), now=now)
    last_pass = (
        WorkResult.objects.filter(device_id=device_id, audits__state=Audit.State.PASSED)
        .order_by("-received_at")
        .values_list("received_at", flat=True)
        .first()
    )
    suspect = WorkResult.objects.select_for_update(of=("self",)).filter(
        device_id=device_id, state__in=(State.VERIFIED, State.SETTLED)
    )
    if last_pass is not None:
        suspect = suspect.filter(received_at__gt=last_pass)
    blocks = list(suspect.select_related("lease__run__project"))
    for result in blocks:
        reverse(result=result, reason=reason, now=now)
    recount(device_id=device_id, now=now)
    return len(blocks)


def put_on_probation(*, device_id: UUID, now: datetime) -> None:
    """The account's other machines must earn their record anew: whoever sends false work may have more than one."""
    others = Device.objects.filter(owner__devices=device_id, consecutive_valid__gt=0).exclude(pk=device_id)
    keys = list(others.exclude(state=Device.State.REVOKED).values_list("pk", flat=True))
    Device.objects.filter(pk__in=keys).update(valid_before_quarantine=F("consecutive_valid"), consecutive_valid=0)
    for key in keys:
        recount(device_id=key, now=now)


def end_probation(*, owner_id: int, now: datetime) -> None:
    """A verdict was wrong: the account's machines have their record back once none of them is in quarantine."""
    machines = Device.objects.filter(owner_id=owner_id)
    if machines.filter(state=Device.State.QUARANTINED).exists():
        return
    waiting = machines.filter(state=Device.State.ACTIVE, valid_before_quarantine__gt=0)
    keys = list(waiting.values_list("pk", flat=True))
    back = F("consecutive_valid") + F("valid_before_quarantine")
    Device.objects.filter(pk__in=keys).update(consecutive_valid=back, valid_before_quarantine=0)
    for key in keys:
        recount(device_id=key, now=now)


def reverse(*, result: WorkResult, reason: str, now: datetime) -> None:
    """Take back what a block earned: further rows, nothing is changed or deleted."""
    source = Account.SETTLED if result.state == State.SETTLED else Account.VERIFIED
    changed = WorkResult.objects.filter(pk=result.pk, state__in=(State.VERIFIED, State.SETTLED)).update(
        state=State.REVERSED, reason=reason[:300]
    )
    if changed:
        move(result=result, debit=source, credit=Account.REVERSED, now=now)
        count_towards_goal(result=result, event="reversed", sign=-1, now=now)
        if result.pledge_id:
            update_progress(pledge_id=result.pledge_id)


def restore(*, result: WorkResult, reason: str, now: datetime) -> bool:
    """An appeal was granted: what was rejected or reversed counts again, by further rows. Returns whether it did."""
    source = Account.REJECTED if result.state == State.REJECTED else Account.REVERSED
    changed = WorkResult.objects.filter(pk=result.pk, state__in=(State.REJECTED, State.REVERSED)).update(
        state=State.VERIFIED, verified_at=now, reason=reason[:300], turn=F("turn") + 1
    )
    if changed:
        result.turn += 1
        move(result=result, debit=source, credit=Account.VERIFIED, now=now)
        count_towards_goal(result=result, event="verified", sign=1, now=now)
        if result.pledge_id:
            update_progress(pledge_id=result.pledge_id)
    return bool(changed)


def settle_verified(*, now: datetime, limit: int = 500) -> int:
    """Verified work whose dispute window is over becomes settled. `now` is business time. Returns how many."""
    with transaction.atomic():
        due = WorkResult.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            state=State.VERIFIED, verified_at__lte=now - settings.DISPUTE_WINDOW
        )
        results = list(due.select_related("lease__run__project").order_by("verified_at")[:limit])
        settled: list[WorkResult] = []

        def settle(result: WorkResult) -> int:
            with transaction.atomic():
                move(result=result, debit=Account.VERIFIED, credit=Account.SETTLED, now=now)
            settled.append(result)
            return 1

        do_each(sweep="settling", items=results, deed=settle, now=now, name=lambda result: result.lease_id)
        WorkResult.objects.filter(pk__in=[r.pk for r in settled]).update(state=State.SETTLED)
        for pledge_id in {r.pledge_id for r in settled if r.pledge_id}:
            update_progress(pledge_id=pledge_id)
    return len(settled)
