"""What a volunteer's agent calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.idp.oidc.contrib.rest_framework.authentication import TokenAuthentication
from allauth.idp.oidc.models import Token as AccessToken
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from compute_pledges.api.auth import allow, decode_base64, device_of, run_for
from compute_pledges.api.base import MachineView, dict_field, optional_number, text_field
from compute_pledges.models import Device, Lease, TrainingRun
from compute_pledges.selectors import refused_blocks
from compute_pledges.services import devices, leases, receipts, reveals, selection
from compute_pledges.services.peers import PeerClaim

DAY_SECONDS = 86_400
REFUSED_WINDOW = timedelta(days=7)


class _OwnerView(MachineView):
    """Called with the access token of the device grant, by the account that approved it."""

    authentication_classes = (TokenAuthentication,)  # type: ignore[assignment]  # reason: people come here, machines to the base class
    permission_classes = (IsAuthenticated,)

    def owner(self, request: Request) -> User:
        scopes = request.auth.get_scopes() if isinstance(request.auth, AccessToken) else []
        if "devices" not in scopes or not isinstance(request.user, User):
            raise PermissionDenied(gettext("The token does not grant pairing devices."))
        return request.user


class ChallengeView(_OwnerView):
    def post(self, request: Request) -> Response:
        challenge = devices.create_challenge(owner=self.owner(request), now=timezone.now())
        return Response({"challenge_id": str(challenge.pk), "challenge": bytes(challenge.challenge).hex()})


class EnrollView(_OwnerView):
    def post(self, request: Request) -> Response:
        data = request.data
        try:
            challenge_id = UUID(text_field(data, "challenge_id"))
        except ValueError as error:
            raise ValidationError({"challenge_id": "This is no challenge id."}) from error
        device = devices.enroll_device(
            owner=self.owner(request),
            challenge_id=challenge_id,
            public_key=decode_base64(text_field(data, "public_key")),
            signature=decode_base64(text_field(data, "signature")),
            name=text_field(data, "name"),
            hardware=dict_field(data, "hardware"),
            now=timezone.now(),
        )
        return Response({"device_id": str(device.pk)}, status=201)


class DeviceView(MachineView):
    permission_classes = (allow("device"),)

    def get(self, request: Request) -> Response:
        device = device_of(request)
        Device.objects.filter(pk=device.pk).update(last_seen_at=timezone.now())
        run = selection.run_for_device(device=device, at=timezone.now())
        message = device.quarantine_reason or ("" if run else "No run needs this machine now.")
        return Response(
            {
                "device_id": str(device.pk),
                "name": device.name,
                "state": device.state,
                "calibrated": device.is_calibrated,
                "run": _run_summary(run) if run else None,
                "message": message,
                "reveals": reveals.asked_reveals(device),
                "refused": _refused_summary(request, device),
            }
        )


def _refused_summary(request: Request, device: Device) -> dict[str, Any] | None:
    """What did not count in seven days: how many blocks, the newest with its reason, and where all of them are."""
    refused = refused_blocks(device=device, since=timezone.now() - REFUSED_WINDOW)
    newest = refused.first()
    if newest is None:
        return None
    page = request.build_absolute_uri(reverse("compute:machine", args=[device.pk]))
    return {
        "blocks": refused.count(), "lease_id": str(newest.pk), "round": newest.lease.round.index,
        "reason": newest.reason, "page": page,
    }  # fmt: skip


def _run_summary(run: TrainingRun) -> dict[str, Any]:
    return {
        "run_id": str(run.pk),
        "anchor_addresses": run.anchor_addresses,
        "anchor_peer_ids": [run.anchor_peer_id],
    }


class LeasesView(MachineView):
    permission_classes = (allow("device"),)

    def post(self, request: Request) -> Response:
        lease = leases.issue_lease(
            device=device_of(request),
            run=run_for(request, text_field(request.data, "run_id")),
            kind=text_field(request.data, "kind"),
            peer=_peer_claim(request.data),
            fetch_seconds=optional_number(request.data, "fetch_seconds", highest=DAY_SECONDS),
            now=timezone.now(),
        )
        remaining = max(leases.seconds_remaining(lease.round, timezone.now()), 0.0)
        return Response(lease_body(lease, remaining), status=201)


def _peer_claim(data: Any) -> PeerClaim:
    return PeerClaim(
        peer_id=text_field(data, "peer_id", 80),
        device_signature=decode_base64(text_field(data, "peer_signature")),
        key=decode_base64(text_field(data, "peer_key", 2000)),
        key_signature=decode_base64(text_field(data, "peer_key_signature", 2000)),
    )


def lease_body(lease: Lease, seconds_remaining: float) -> dict[str, Any]:
    """The lease as the protocol has it; deadlines travel as seconds remaining."""
    return {
        "lease_id": str(lease.pk),
        "kind": lease.kind,
        "run_id": str(lease.run_id),
        "round": lease.round.index,
        "theta_sha256": lease.round.theta_sha256,
        "seed": lease.seed,
        "batch": lease.batch,
        "sequence": lease.sequence,
        "max_steps": lease.max_steps,
        "segment_steps": lease.segment_steps,
        "keeps_segments": reveals.keeps_segments(lease),
        "seconds_remaining": round(seconds_remaining, 3),
        "nonce": lease.nonce,
        "spec_sha256": lease.spec_sha256,
    }


class ReceiptView(MachineView):
    permission_classes = (allow("device"),)

    def post(self, request: Request, lease_id: UUID) -> Response:
        result = receipts.accept_receipt(
            device=device_of(request),
            lease_id=lease_id,
            receipt=dict_field(request.data, "receipt"),
            signature=decode_base64(text_field(request.data, "signature")),
            now=timezone.now(),
        )
        return Response({"state": result.state, "device_us": result.device_us, "h100_us": result.h100_us})


class RevealView(MachineView):
    """The state at a segment's ends, as hashes of what was uploaded."""

    permission_classes = (allow("device"),)

    def post(self, request: Request, audit_id: UUID) -> Response:
        given = dict(request.data) if isinstance(request.data, dict) else {}
        return Response(
            {"state": reveals.record_reveal(device=device_of(request), audit_id=audit_id, given=given)}
        )  # fmt: skip


class AbandonView(MachineView):
    permission_classes = (allow("device"),)

    def post(self, request: Request, lease_id: UUID) -> Response:
        return Response({"abandoned": leases.abandon_lease(device=device_of(request), lease_id=lease_id)})
