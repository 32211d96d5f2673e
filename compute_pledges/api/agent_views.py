"""What a volunteer's agent tells and asks beside its work: limits, benchmark, bandwidth, logging out."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from django.core.cache import cache
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clock.services import business_now
from compute_pledges.api.auth import allow, device_of
from compute_pledges.api.base import MachineView, dict_field, list_field, text_field
from compute_pledges.api.device_views import DeviceView
from compute_pledges.services import reports
from compute_pledges.services.backing import revoke_device

LARGEST_PROBE = 1 << 20
PROBES_A_DAY = 2_000
DAY_SECONDS = 86_400


class OwnDeviceView(DeviceView):
    """The device itself: its state, and its end."""

    def delete(self, request: Request) -> Response:
        revoke_device(device=device_of(request), now=business_now())
        return Response(status=204)


class ReportView(MachineView):
    """The owner's limits on the machine, which hold whatever is set here."""

    permission_classes = (allow("device"),)

    def post(self, request: Request) -> Response:
        reports.record_limits(
            device=device_of(request), limits=list_field(request.data, "limits"),
            version=text_field(request.data, "version", 20), now=timezone.now(),
        )  # fmt: skip
        return Response(status=204)


class BenchmarkView(MachineView):
    """What a minute of measuring found."""

    permission_classes = (allow("device"),)

    def post(self, request: Request) -> Response:
        found = dict_field({"benchmark": request.data}, "benchmark")
        reports.record_benchmark(device=device_of(request), found=found, now=timezone.now())
        return Response(status=204)


class BandwidthView(MachineView):
    """Bytes that mean nothing, one way or the other: at most a MiB a request and some thousands a day."""

    permission_classes = (allow("device"),)

    def get(self, request: Request) -> HttpResponse:
        self._count(request)
        asked = request.query_params.get("bytes", "")
        if not asked.isdecimal() or not 0 < int(asked) <= LARGEST_PROBE:
            raise ValidationError({"bytes": f"A whole number from 1 to {LARGEST_PROBE} is needed."})
        return HttpResponse(secrets.token_bytes(int(asked)), content_type="application/octet-stream")

    def post(self, request: Request) -> Response:
        # Signing hashed the body already, so all of it has arrived.
        self._count(request)
        return Response(status=204)

    def _count(self, request: Request) -> None:
        key = f"bandwidth:{device_of(request).pk}:{datetime.now(UTC):%Y%m%d}"
        cache.add(key, 0, DAY_SECONDS)
        if cache.incr(key) > PROBES_A_DAY:
            raise Throttled(detail="Bandwidth is measured often enough today. Try again tomorrow.")
