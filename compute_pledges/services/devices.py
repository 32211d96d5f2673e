"""Enrolling a device: its key signs a challenge that the approved account asked for."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.catalog import model_for_hardware
from compute_pledges.errors import EnrollmentRefused
from compute_pledges.models import Device, DeviceChallenge
from compute_pledges.services.turns import keep_turn
from training_cluster.protocol import enrollment_message

CHALLENGE_LIFETIME = timedelta(minutes=5)
MAX_DEVICES = 50


def create_challenge(*, owner: User, now: datetime) -> DeviceChallenge:
    """A fresh nonce of 32 bytes for `owner`."""
    return DeviceChallenge.objects.create(
        owner=owner, challenge=secrets.token_bytes(32), expires_at=now + CHALLENGE_LIFETIME
    )


def verify_signature(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes, Ed25519) of `message` is by `public_key` (32 bytes)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@transaction.atomic
def enroll_device(
    *,
    owner: User,
    challenge_id: UUID,
    public_key: bytes,
    signature: bytes,
    name: str,
    hardware: dict[str, Any],
    now: datetime,
) -> Device:
    """Bind a key to an account. The same key enrolled again by its owner is the same device.

    Raises EnrollmentRefused.
    """
    challenge = DeviceChallenge.objects.select_for_update().filter(pk=challenge_id, owner=owner).first()
    if challenge is None or challenge.used_at is not None or challenge.expires_at <= now:
        raise EnrollmentRefused(gettext("The challenge is unknown, used or expired. Ask for a new one."))
    if not verify_signature(public_key, signature, enrollment_message(bytes(challenge.challenge))):
        raise EnrollmentRefused(gettext("The signature does not match the device's key."))
    challenge.used_at = now
    challenge.save(update_fields=["used_at"])
    known = Device.objects.filter(public_key=public_key).first()
    if known is not None:
        if known.owner_id != owner.pk or known.state == Device.State.REVOKED:
            raise EnrollmentRefused(gettext("This key belongs to another account or was revoked. Make a new key."))
        return known
    if Device.objects.filter(owner=owner).exclude(state=Device.State.REVOKED).count() >= MAX_DEVICES:
        raise EnrollmentRefused(
            gettext("An account has at most %(max_devices)s devices. Revoke one first.") % {"max_devices": MAX_DEVICES}
        )
    catalog = model_for_hardware(str(hardware.get("kind", "cpu")), str(hardware.get("model", "")))
    return Device.objects.create(
        owner=owner,
        name=name.strip()[:80] or gettext("Unnamed machine"),
        public_key=public_key,
        catalog_slug=catalog.slug,
        reported_hardware=hardware,
        paired_at=now,
    )


def lift_quarantine(*, device: Device, now: datetime) -> bool:
    """A person has looked: the device begins anew, with every next block audited. Returns whether it waited.

    `now` is business time.
    """
    waiting = Device.objects.filter(pk=device.pk, state=Device.State.QUARANTINED)
    if waiting.exists():
        keep_turn(device_id=device.pk, target=Device.State.ACTIVE, at=now)
    return bool(waiting.update(state=Device.State.ACTIVE, quarantine_reason="", consecutive_valid=0))
