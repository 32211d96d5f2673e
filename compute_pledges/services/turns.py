"""Keeping what a device was before its state changes: callers write the turn first, in the same transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from compute_pledges.models import Device, DeviceTurn


def keep_turn(*, device_id: UUID, target: str, at: datetime) -> None:
    """The device is about to become `target` at `at`, in business time. One that is so already turns nothing."""
    was = Device.objects.filter(pk=device_id).exclude(state=target).values_list("state", "consecutive_valid").first()
    if was is not None:
        DeviceTurn.objects.create(device_id=device_id, state_before=was[0], valid_before=was[1], happened_at=at)
