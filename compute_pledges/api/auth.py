"""Who speaks: a device by its key, a run's anchor, the auditors or the cluster manager by a scoped token."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from compute_pledges.models import Device, TrainingRun
from compute_pledges.services.devices import verify_signature
from compute_pledges.services.runs import auditor_token, run_token
from training_cluster.protocol import request_message

MAX_CLOCK_SKEW_SECONDS = 300
NONCE_MEMORY_SECONDS = 2 * MAX_CLOCK_SKEW_SECONDS


class Machine:
    """A caller that is no person: `kind` is device, run, auditor or manager."""

    is_authenticated = True

    def __init__(self, kind: str, device: Device | None = None, run_id: str = "") -> None:
        self.kind, self.device, self.run_id = kind, device, run_id


def decode_base64(text: str) -> bytes:
    """Bytes of base64 text; empty for what is none, so that every check on it fails."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


class DeviceSignature(BaseAuthentication):
    """Ed25519 over method, path, time, nonce and body hash; each nonce is taken once."""

    def authenticate(self, request: Request) -> tuple[Machine, None] | None:
        device_id = request.headers.get("X-Commonweave-Device")
        if not device_id:
            return None
        stamp, nonce = (
            request.headers.get("X-Commonweave-Timestamp", ""),
            request.headers.get("X-Commonweave-Nonce", ""),
        )
        if not stamp.isdecimal() or abs(time.time() - int(stamp)) > MAX_CLOCK_SKEW_SECONDS:
            raise AuthenticationFailed(
                gettext("The request's time is off by more than 5 minutes. Set the machine's clock.")
            )
        try:
            device = Device.objects.select_related("owner").filter(pk=device_id).first()
        except ValidationError:
            device = None
        if device is None or device.state == Device.State.REVOKED or not device.owner.is_active:
            raise AuthenticationFailed(gettext("This device is unknown or revoked. Pair it again."))
        self._check(request, device, stamp, nonce)
        return Machine("device", device=device), None

    def _check(self, request: Request, device: Device, stamp: str, nonce: str) -> None:
        body_hash = _hash(request)
        message = request_message(
            method=request.method or "",
            path=request.get_full_path(),
            timestamp=stamp,
            nonce=nonce,
            body_sha256=body_hash,
        )
        signature = decode_base64(request.headers.get("X-Commonweave-Signature", ""))
        if not verify_signature(bytes(device.public_key), signature, message):
            raise AuthenticationFailed(gettext("The request's signature does not match the device's key."))
        if not 8 <= len(nonce) <= 64 or not cache.add(f"nonce:{device.pk}:{nonce}", 1, NONCE_MEMORY_SECONDS):
            raise AuthenticationFailed(gettext("This request was sent before."))

    def authenticate_header(self, request: Request) -> str:
        return "Commonweave-Device"


def _hash(request: Request) -> str:
    """Of the body; bytes that are stored are hashed again there, so theirs is taken as it is named."""
    if request.method == "PUT" and "/blobs/" in request.path:
        return request.path.rsplit("/", 1)[-1]
    if request.method == "POST" and "/uploads/" in request.path:
        return request.query_params.get("piece", "")
    return hashlib.sha256(request.body).hexdigest()


class ClusterToken(BaseAuthentication):
    """Bearer tokens of the manager, the auditors and, scoped to one run, its anchor (`<run id>.<token>`)."""

    def authenticate(self, request: Request) -> tuple[Machine, None] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            return None
        if hmac.compare_digest(token, settings.CLUSTER_TOKEN):
            return Machine("manager"), None
        if hmac.compare_digest(token, auditor_token()):
            return Machine("auditor"), None
        run_id, _, secret = token.partition(".")
        if secret and hmac.compare_digest(secret, run_token(run_id)):
            return Machine("run", run_id=run_id), None
        raise AuthenticationFailed(gettext("The token is not valid."))

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def allow(*kinds: str) -> type[BasePermission]:
    """A permission for these kinds of machines."""

    class IsMachine(BasePermission):
        def has_permission(self, request: Request, view: Any) -> bool:
            return isinstance(request.user, Machine) and request.user.kind in kinds

    return IsMachine


def device_of(request: Request) -> Device:
    """The calling device."""
    machine = request.user
    assert isinstance(machine, Machine)
    assert machine.device is not None
    return machine.device


def run_for(request: Request, run_id: UUID | str) -> TrainingRun:
    """The run, when the caller may see it: an anchor sees its own only. Raises Http404, PermissionDenied."""
    machine = request.user
    if isinstance(machine, Machine) and machine.kind == "run" and machine.run_id != str(run_id):
        raise PermissionDenied(gettext("This token is for another run."))
    try:
        run = TrainingRun.objects.select_related("project").filter(pk=run_id).first()
    except ValidationError:
        run = None
    if run is None:
        raise Http404(gettext("There is no such run."))
    return run
