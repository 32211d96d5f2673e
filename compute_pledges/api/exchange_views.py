"""The exchange by storage: resumable uploads, what arrived in a round, and the shares of several reducers."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from compute_pledges.api.auth import Machine, allow, run_for
from compute_pledges.api.base import MachineView, list_field, number_field, optional_list, text_field, whole_number
from compute_pledges.api.cluster_views import RawParser, stream_of
from compute_pledges.services import receiving, reductions


class UploadView(MachineView):
    """Where an upload stands, and its next bytes. Each machine has its own partial files."""

    permission_classes = (allow("device", "run"),)
    parser_classes = (RawParser,)
    # Pieces of 4 MiB on a line of 1 Gbit/s are 1,800 a minute; what all of them may weigh is bounded by the lease.
    requests_a_minute = 4000

    def get(self, request: Request, sha256: str) -> Response:
        size = whole_number(request, "size")
        found = receiving.offset_of(sender=_sender(request), sha256=sha256, size=size, now=timezone.now())
        return Response({"offset": found})

    def post(self, request: Request, sha256: str) -> Response:
        size, offset = whole_number(request, "size"), whole_number(request, "offset")
        reached = receiving.receive(
            sender=_sender(request), sha256=sha256, size=size, offset=offset, stream=stream_of(request),
            now=timezone.now(),
        )  # fmt: skip
        return Response({"offset": reached})


def _sender(request: Request) -> receiving.Sender:
    machine = cast("Machine", request.user)
    return machine.device or run_for(request, machine.run_id)


class ArrivedView(MachineView):
    permission_classes = (allow("run"),)

    def get(self, request: Request, run_id: UUID, index: int) -> Response:
        return Response(reductions.arrived(run=run_for(request, run_id), index=index, now=timezone.now()))


class ReductionView(MachineView):
    permission_classes = (allow("run"),)

    def get(self, request: Request, run_id: UUID, index: int) -> Response:
        return Response(reductions.shared_reduction(run=run_for(request, run_id), index=index))

    def post(self, request: Request, run_id: UUID, index: int) -> Response:
        found: dict[str, Any] = reductions.plan_reduction(
            run=run_for(request, run_id),
            index=index,
            parts=int(number_field(request.data, "parts")),
            size=int(number_field(request.data, "size")),
            updates=list_field(request.data, "updates"),
        )
        return Response(found)


class ReductionPartView(MachineView):
    permission_classes = (allow("run"),)

    def post(self, request: Request, run_id: UUID, index: int) -> Response:
        done = reductions.record_part(
            run=run_for(request, run_id),
            index=index,
            part=int(number_field(request.data, "part")),
            sha256=text_field(request.data, "sha256", 64),
            alike=optional_list(request.data, "alike"),
        )
        return Response({"done": done})
