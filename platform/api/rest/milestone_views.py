"""Milestones: what shows that one is reached, handed in by the creator, and what became of its tranche."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest.asking import body_of, judged, own_project, typed
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.scopes import PROJECTS, READ
from clock.services import business_now
from payments.models import Payout
from payments.services.paying_out import request_payout
from payments.web.creator_forms import EvidenceForm
from projects.milestones import LONGEST_EVIDENCE
from projects.models import Milestone, MilestoneEvidence


class NewEvidence(s.Serializer[Any]):
    text = s.CharField(max_length=LONGEST_EVIDENCE)
    url = s.CharField(max_length=300, required=False, default="", allow_blank=True)


class EvidenceShape(s.Serializer[Any]):
    text = s.CharField()
    url = s.CharField(help_text="Or empty.")
    submitted_at = s.DateTimeField()


class MilestoneProgress(s.Serializer[Any]):
    number = s.IntegerField()
    title = s.CharField()
    evidence_wanted = s.CharField()
    share_bp = s.IntegerField()
    payout = s.ChoiceField(Payout.State.choices, allow_null=True, help_text="Null while nothing was asked for.")
    payout_message = s.CharField(help_text="Why it was sent back, or empty.")
    evidence = EvidenceShape(many=True)


NEW = {"text": "The corpus is clean: 41 GB, hash below.", "url": "https://data.example/corpus/manifest.txt"}
PROGRESS = {
    "number": 1, "title": "Data is ready", "evidence_wanted": "The cleaned corpus, with its hash.", "share_bp": 4000,
    "payout": "requested", "payout_message": "", "evidence": [{**NEW, "submitted_at": "2026-12-20T09:00:00Z"}],
}  # fmt: skip


def _own(request: Request, slug: str, number: int) -> Milestone:
    found = own_project(request, slug, "money").milestones.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _answer(milestone: Milestone, status: int = 200) -> Response:
    payout = milestone.payouts.order_by("-requested_at").first()
    evidence = MilestoneEvidence.objects.filter(milestone=milestone)
    return Response({
        "number": milestone.number, "title": milestone.title, "evidence_wanted": milestone.evidence_wanted,
        "share_bp": milestone.share_bp, "payout": payout.state if payout else None,
        "payout_message": payout.message if payout else "",
        "evidence": list(evidence.values("text", "url", "submitted_at")),
    }, status=status)  # fmt: skip


class MilestoneView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "post": PROJECTS}

    @operation(
        "read_milestone", "A milestone with its evidence and its tranche", MilestoneProgress, PROGRESS, tag="Creating",
        scope=READ,
    )  # fmt: skip
    def get(self, request: Request, slug: str, number: int) -> Response:
        return _answer(_own(request, slug, number))

    @operation(
        "show_milestone", "Hand in what shows that a milestone is reached, and ask for its tranche", MilestoneProgress,
        PROGRESS, tag="Creating", scope=PROJECTS, is_write=True, body=NewEvidence, body_example=NEW, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str, number: int) -> Response:
        milestone, asked = _own(request, slug, number), body_of(request, NewEvidence)
        said = judged(EvidenceForm(typed(asked, EvidenceForm.base_fields))).cleaned_data
        request_payout(
            milestone_id=milestone.pk, by=caller(request), text=said["text"], url=said["url"], now=business_now()
        )
        return _answer(milestone, status=201)
