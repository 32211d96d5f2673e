"""What anchors, auditors and the manager call, and the blobs that all of them share."""

from __future__ import annotations

import io
from typing import IO, Any, cast
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponseRedirect, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from compute_pledges.api.auth import Machine, allow, run_for
from compute_pledges.api.base import (
    MachineView,
    list_field,
    number_field,
    number_map,
    optional_list,
    optional_number,
    optional_text,
    text_field,
    whole_number,
)
from compute_pledges.api.device_views import lease_body
from compute_pledges.models import Device, Lease, Round, TrainingRun
from compute_pledges.releasing.services import record_tensors
from compute_pledges.services import audits, blobs, leases, receiving, rounds, runs, s3, selection, timing
from training_cluster.protocol_hyper import DEFAULT_HYPER

DAY_SECONDS = 86_400


class SpecView(MachineView):
    """The newest specification, or the one that `?sha256=` names: that of a lease."""

    permission_classes = (allow("device", "run", "auditor"),)

    def get(self, request: Request, run_id: UUID) -> Response:
        run, sha256 = run_for(request, run_id), request.query_params.get("sha256", "")
        return Response(selection.kept_spec(run=run, sha256=sha256) if sha256 else selection.run_spec(run))


class RunView(MachineView):
    permission_classes = (allow("run"),)

    def get(self, request: Request, run_id: UUID) -> Response:
        run = run_for(request, run_id)
        newest = Round.objects.filter(run=run).select_related("run").order_by("-index").first()
        last = _newest(newest) if newest else None
        kept = Round.objects.filter(run=run).exclude(state_sha256="").order_by("-index").first()
        checkpoint = {"next_round": kept.index + 1, "sha256": kept.state_sha256} if kept else None
        told = {"state": run.state, "spec_sha256": selection.spec_sha256(run), "round": last, "checkpoint": checkpoint}
        return Response({**told, **timing.measured(run)})


def _newest(round_: Round) -> dict[str, Any]:
    remaining = max(leases.seconds_remaining(round_, timezone.now()), 0.0)
    return {
        "index": round_.index, "theta_sha256": round_.theta_sha256, "closed": bool(round_.closed_at),
        "seconds_remaining": remaining,
    }  # fmt: skip


class AnchorView(MachineView):
    permission_classes = (allow("run"),)

    def post(self, request: Request, run_id: UUID) -> Response:
        run = run_for(request, run_id)
        addresses = [str(item)[:200] for item in list_field(request.data, "addresses")]
        TrainingRun.objects.filter(pk=run.pk).update(
            anchor_peer_id=text_field(request.data, "peer_id", 80), anchor_addresses=addresses[:8]
        )
        return Response({})


class TroubleView(MachineView):
    permission_classes = (allow("run"),)

    def post(self, request: Request, run_id: UUID) -> Response:
        run = run_for(request, run_id)
        rounds.note_trouble(run=run, message=text_field(request.data, "message", 4000), now=timezone.now())
        return Response({})


class TensorsView(MachineView):
    permission_classes = (allow("run"),)

    def post(self, request: Request, run_id: UUID) -> Response:
        record_tensors(run=run_for(request, run_id), given=list_field(request.data, "tensors"))
        return Response({})


class RoundsView(MachineView):
    permission_classes = (allow("run"),)

    def post(self, request: Request, run_id: UUID) -> Response:
        now = timezone.now()
        round_ = runs.register_round(
            run=run_for(request, run_id),
            index=int(number_field(request.data, "index")),
            theta_sha256=text_field(request.data, "theta_sha256", 64),
            duration_seconds=number_field(request.data, "duration_seconds"),
            exchange_seconds=optional_number(request.data, "exchange_seconds", highest=DAY_SECONDS),
            communication_seconds=optional_number(request.data, "communication_seconds"),
            spec_sha256=optional_text(request.data, "spec_sha256", 64),
            now=now,
        )
        answer = {
            "index": round_.index,
            "closed": round_.closed_at is not None,
            "fresh": round_.opened_at == now,
            "seconds_remaining": max(leases.seconds_remaining(round_, now), 0.0),
        }
        return Response(answer)


class CloseRoundView(MachineView):
    permission_classes = (allow("run"),)

    def post(self, request: Request, run_id: UUID, index: int) -> Response:
        body = dict(request.data) if isinstance(request.data, dict) else {}
        sample = body["sample"] if isinstance(body.get("sample"), dict) else {}
        round_ = rounds.close_round(
            run=run_for(request, run_id),
            index=index,
            held_out_loss=number_field(request.data, "held_out_loss"),
            contributions=list_field(body, "contributions"),
            sample=str(sample.get("text", "")),
            sample_sha256=str(sample.get("image_sha256", "")),
            state_sha256=str(body.get("state_sha256", "")),
            is_rolled_back=bool(body.get("rolled_back")),
            rejected_loss=optional_number(body, "rejected_loss"),
            alike=optional_list(body, "alike"),
            first_losses=number_map(body, "first_losses"),
            now=timezone.now(),
        )
        return Response({"index": round_.index, "closed": True})


class BindingsView(MachineView):
    permission_classes = (allow("run"),)

    def get(self, request: Request, run_id: UUID) -> Response:
        return Response({"peers": rounds.bindings(run=run_for(request, run_id), now=timezone.now())})


def _auditor(request: Request) -> tuple[str, Device | None]:
    """An auditor of the platform by the name that it gives, or a volunteer's device."""
    machine = cast("Machine", request.user)
    data = request.data if isinstance(request.data, dict) else {}
    return ("", machine.device) if machine.device else (text_field({"name": "", **data}, "name", 80), None)


class ClaimAuditView(MachineView):
    permission_classes = (allow("auditor", "device"),)

    def post(self, request: Request) -> Response:
        name, device = _auditor(request)
        task = audits.claim_audit(now=timezone.now(), name=name, auditor=device)
        return Response(_audit_body(task)) if task else Response(status=204)


def _audit_body(task: audits.AuditTask) -> dict[str, Any]:
    # Neither whose block it is nor what only its machine may know.
    hidden = {"lease_id": str(task.key), "nonce": "", "kind": Lease.Kind.TRAINING}
    return {
        "audit_id": str(task.key),
        "lease": {**lease_body(task.lease, 0.0), **hidden},
        "receipt": {name: task.receipt[name] for name in ("steps", "losses", "update_sha256", "segment_commitments")},
        "segment": task.segment,
        "reveal": task.reveal,
    }


class KeepAuditView(MachineView):
    """An auditor says that it is still at work."""

    permission_classes = (allow("auditor", "device"),)

    def post(self, request: Request, audit_id: UUID) -> Response:
        name, device = _auditor(request)
        return Response({"kept": audits.keep_claim(audit_id=audit_id, now=timezone.now(), name=name, auditor=device)})


class AuditResultView(MachineView):
    permission_classes = (allow("auditor", "device"),)

    def post(self, request: Request, audit_id: UUID) -> Response:
        name, device = _auditor(request)
        report = dict(request.data) if isinstance(request.data, dict) else {}
        state = audits.record_audit(audit_id=audit_id, report=report, now=timezone.now(), name=name, auditor=device)
        return Response({"state": state})


class DesiredView(MachineView):
    permission_classes = (allow("manager"),)

    def get(self, request: Request) -> Response:
        open_runs = TrainingRun.objects.exclude(state=TrainingRun.State.STOPPED).order_by("created_at")
        listed = [
            {
                "run_id": str(run.pk), "state": run.state, "token": runs.bearer_token(run.pk),
                "exchange": run.hyper.get("exchange", DEFAULT_HYPER["exchange"]),
            }
            for run in open_runs
        ]  # fmt: skip
        return Response({"runs": listed, "auditor_token": runs.auditor_token()})


class RawParser(BaseParser):
    """Leaves the body as a stream."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream


def stream_of(request: Request) -> IO[bytes]:
    """The body of a raw request; DRF has a dictionary in place of an empty one."""
    return cast("IO[bytes]", request.data) if hasattr(request.data, "read") else io.BytesIO()


class BlobView(MachineView):
    """Bytes by their hash. Only a run's own programs store them in one piece."""

    parser_classes = (RawParser,)

    def get_permissions(self) -> list[BasePermission]:
        kinds = ("run",) if self.request.method == "PUT" else ("device", "run", "auditor")
        return [allow(*kinds)()]

    def get(self, request: Request, sha256: str) -> FileResponse | HttpResponseRedirect | StreamingHttpResponse:
        if not blobs.SHA256.match(sha256):
            raise Http404(gettext("There is no such blob."))
        if "first" in request.query_params:
            return self.span(request, sha256)
        path = blobs.blob_path(sha256)
        if path.exists():
            return FileResponse(path.open("rb"), content_type="application/octet-stream")
        if s3.is_configured() and s3.has_object(sha256):
            return HttpResponseRedirect(s3.presigned_get(sha256))
        raise Http404(gettext("There is no such blob."))

    def span(self, request: Request, sha256: str) -> HttpResponseRedirect | StreamingHttpResponse:
        """Bytes from `first` up to `end`: a reducer reads its share of an update only."""
        first, end = whole_number(request, "first"), whole_number(request, "end")
        if not blobs.has_blob(sha256):
            raise Http404(gettext("There is no such blob."))
        if not blobs.blob_path(sha256).exists():
            # The storage gives a range itself; the caller names it again, for the address covers no header.
            return HttpResponseRedirect(s3.presigned_get(sha256))
        return StreamingHttpResponse(blobs.span(sha256, first, end), content_type="application/octet-stream")

    def put(self, request: Request, sha256: str) -> Response:
        run = run_for(request, cast("Machine", request.user).run_id)
        created = receiving.store_for_run(run=run, sha256=sha256, stream=stream_of(request))
        return Response({"sha256": sha256}, status=201 if created else 200)
