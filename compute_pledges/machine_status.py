"""What each of an account's machines is at: paired, calibrating, ready, working, and what its owner does next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.models import Device, Lease, WorkResult

SHOWN = 12
# An agent that runs asks for work at least this often.
AWAY_AFTER = timedelta(minutes=5)
WAITING = (WorkResult.State.REPORTED, WorkResult.State.AUDITING)


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """`key` is paired, calibrating, ready, working, away or quarantined; `sentence` says it with what to do."""

    device: Device
    key: str
    sentence: str

    @property
    def label(self) -> str:
        """The state in a word or two."""
        return gettext("in quarantine") if self.key == "quarantined" else self.key


def statuses_of(*, user: User, now: datetime) -> list[MachineStatus]:
    """The machines seen last first, without revoked ones; at most SHOWN. Two queries; `now` is real time."""
    checked = WorkResult.objects.filter(device=OuterRef("pk"), state__in=WAITING, lease__kind=Lease.Kind.CALIBRATION)
    devices = list(
        Device.objects.filter(owner=user)
        .exclude(state=Device.State.REVOKED)
        .annotate(is_being_checked=Exists(checked))
        .order_by(F("last_seen_at").desc(nulls_last=True), "-paired_at", "pk")[:SHOWN]
    )
    open_leases = Lease.objects.filter(device__in=devices, state=Lease.State.OPEN, expires_at__gt=now)
    leases = {lease.device_id: lease for lease in open_leases.select_related("run", "round")}
    return [_status(device, leases, now) for device in devices]


def _status(device: Device, leases: dict[UUID, Lease], now: datetime) -> MachineStatus:
    if device.state == Device.State.QUARANTINED:
        return MachineStatus(device, "quarantined", gettext("Its page says why, and takes an appeal."))
    if (lease := leases.get(device.pk)) is not None:
        return _at_work(device, lease)
    if getattr(device, "is_being_checked", False):
        return MachineStatus(device, "calibrating", gettext("The block that measures it is being checked."))
    return MachineStatus(device, *_idle(device, now))


def _at_work(device: Device, lease: Lease) -> MachineStatus:
    if lease.kind == Lease.Kind.CALIBRATION:
        return MachineStatus(
            device, "calibrating", gettext("It trains a block of %(name)s that measures it.") % {"name": lease.run.name}
        )
    return MachineStatus(
        device,
        "working",
        gettext("It trains round %(index)s of %(name)s.") % {"index": lease.round.index, "name": lease.run.name},
    )


def _idle(device: Device, now: datetime) -> tuple[str, str]:
    if device.last_seen_at is None:
        return "paired", gettext("Start it there: commonweave-worker run.")
    if now - device.last_seen_at > AWAY_AFTER:
        return "away", gettext(
            "Nothing was heard of it for minutes: it rests by its limits, or its agent does not run."
        )
    if not device.is_calibrated:
        return "paired", gettext("It runs. Its first block, once a run has work for it, measures it.")
    return "ready", gettext("It runs and asks for work in the hours that you pledged.")
