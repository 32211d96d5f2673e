"""Issuing leases. Leases, rounds and signatures use real time, never the shifted clock."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from clock.services import business_now
from compute_pledges.errors import DeviceNotAllowed, NoWorkNow
from compute_pledges.models import Device, Lease, Round, TrainingRun
from compute_pledges.schedule.holding import is_scheduled
from compute_pledges.services.peers import PeerClaim, require_free_peer, require_own_peer
from compute_pledges.services.selection import keep_spec

# After the exchange an update may still travel, at least so long: it is not merged any more, but counted.
UPLOAD_GRACE_SECONDS = 60.0
MIN_SECONDS_TO_WORK = 2.0


def lease_seed(*, run_id: object, round_index: int, peer_id: str, lease_id: UUID) -> int:
    """63 bits that only the platform can compute: HMAC(server key, run, round, peer, lease)."""
    text = f"{run_id}|{round_index}|{peer_id}|{lease_id}".encode()
    digest = hmac.new(settings.RECEIPT_SEED_KEY.encode(), text, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def seconds_remaining(round_: Round, now: datetime) -> float:
    """Seconds until the exchange of this round begins."""
    return round_.duration_seconds - round_.window_seconds - (now - round_.opened_at).total_seconds()


def expiry(round_: Round) -> datetime:
    """A receipt that comes later is not counted: once more the exchange's time after the round, so that it is seen."""
    grace = max(round_.window_seconds, UPLOAD_GRACE_SECONDS)
    return round_.opened_at + timedelta(seconds=round_.duration_seconds + grace)


def current_round(run: TrainingRun, now: datetime) -> Round:
    """The open round with time left to work. Raises NoWorkNow with when to ask again."""
    round_ = Round.objects.select_related("run").filter(run=run, closed_at=None).order_by("-index").first()
    if round_ is None:
        raise NoWorkNow(gettext("The run has no open round yet."), retry_after=1.0)
    if seconds_remaining(round_, now) < MIN_SECONDS_TO_WORK:
        raise NoWorkNow(gettext("This round is about to close; the next one opens soon."), retry_after=1.0)
    return round_


def issue_lease(
    *, device: Device, run: TrainingRun, kind: str, peer: PeerClaim, now: datetime, fetch_seconds: float | None = None
) -> Lease:
    """One open lease for a device; the same one when the same peer asks again.

    Raises DeviceNotAllowed, PeerTaken, NoWorkNow.
    """
    if device.state != Device.State.ACTIVE:
        raise DeviceNotAllowed(device.quarantine_reason or gettext("This device was revoked."))
    if run.state != TrainingRun.State.RUNNING:
        raise NoWorkNow(gettext("The run is not running."), retry_after=10.0)
    if not is_scheduled(device=device, at=now, project_id=run.project_id):
        raise NoWorkNow(gettext("This hour of the machine is not promised to this project."), retry_after=60.0)
    require_own_peer(device=device, run=run, claim=peer)
    round_, peer_id = current_round(run, now), peer.peer_id
    require_free_peer(device=device, round_=round_, peer_id=peer_id)
    if (held := _held_lease(device, round_, peer_id)) is not None:
        return held
    if Lease.objects.filter(device=device, round=round_).exclude(state=Lease.State.OPEN).exists():
        raise NoWorkNow(gettext("This device has worked in this round; the next one opens soon."), retry_after=1.0)
    lease = _build(device, round_, kind, peer_id, now)
    lease.fetch_seconds = fetch_seconds
    if lease.spec_sha256 != round_.spec_sha256:
        raise NoWorkNow(gettext("The run's settings changed; they hold from the next round on."), retry_after=2.0)
    try:
        with transaction.atomic():
            lease.save(force_insert=True)
    except IntegrityError as error:
        # Two requests at the same moment: the loser is told why.
        require_free_peer(device=device, round_=round_, peer_id=peer_id)
        raise NoWorkNow(gettext("This device has an open lease."), retry_after=2.0) from error
    return lease


def _held_lease(device: Device, round_: Round, peer_id: str) -> Lease | None:
    """The lease that this peer holds in this round: an answer that was lost on its way is given again."""
    held = Lease.objects.filter(device=device, round=round_, peer_id=peer_id, state=Lease.State.OPEN)
    return held.select_related("round", "run").first()


def _build(device: Device, round_: Round, kind: str, peer_id: str, now: datetime) -> Lease:
    hyper = round_.run.hyper
    is_calibration = kind == Lease.Kind.CALIBRATION or device.is_calibration_due(business_now())
    lease = Lease(
        kind=Lease.Kind.CALIBRATION if is_calibration else Lease.Kind.TRAINING,
        run=round_.run,
        round=round_,
        device=device,
        peer_id=peer_id,
        nonce=secrets.token_hex(16),
        batch=hyper["batch"],
        sequence=hyper["sequence"],
        max_steps=hyper["max_steps"],
        segment_steps=hyper["segment_steps"],
        spec_sha256=keep_spec(round_.run),
        issued_at=now,
        expires_at=expiry(round_),
    )
    seed = lease_seed(run_id=round_.run_id, round_index=round_.index, peer_id=peer_id, lease_id=lease.pk)
    lease.seed = seed
    return lease


def abandon_lease(*, device: Device, lease_id: UUID) -> bool:
    """The device gives its open lease back, after a restart for example. Returns whether one was open."""
    open_leases = Lease.objects.filter(pk=lease_id, device=device, state=Lease.State.OPEN)
    return bool(open_leases.update(state=Lease.State.EXPIRED))


def expire_leases(*, now: datetime) -> int:
    """Close every lease past its time in one statement; returns how many."""
    return Lease.objects.filter(state=Lease.State.OPEN, expires_at__lte=now).update(state=Lease.State.EXPIRED)
