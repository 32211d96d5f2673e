"""Reads for admins: appeals that wait, and auditors with what planted blocks say of them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, F, Q, QuerySet

from compute_pledges.models import Appeal, AuditorSeat, Device, PlantedBlock

CAUGHT, MISSED = Q(was_caught=True), Q(was_caught=False)


def appeals_until(at: datetime, project_id: int | None = None) -> QuerySet[Appeal]:
    """Appeals opened until `at`, those that wait first, the oldest of them first."""
    found = Appeal.objects.filter(opened_at__lte=at).select_related("device__owner", "evidence", "decided_by")
    if project_id is not None:
        found = found.filter(evidence__result__lease__run__project_id=project_id)
    return found.order_by(F("decided_at").desc(nulls_first=True), "opened_at")


def seats(at: datetime, project_id: int | None = None) -> QuerySet[AuditorSeat]:
    """Machines that audit, those that lost their seat first, with planted blocks found and missed. One query."""
    planted = "device__planted_blocks"
    return (
        AuditorSeat.objects.filter(since__lte=at)
        .select_related("device__owner")
        .annotate(
            caught=Count(planted, filter=Q(**{f"{planted}__was_caught": True}), distinct=True),
            missed=Count(planted, filter=Q(**{f"{planted}__was_caught": False}), distinct=True),
            done=Count("device__audits_done", filter=Q(device__audits_done__finished_at__lte=at), distinct=True),
        )
        .order_by("-state", "-since")
    )


def planted_counts(*, device: Device | None) -> dict[str, int]:
    """{caught, missed} of a volunteer's machine, or of the platform's own auditors."""
    return PlantedBlock.objects.filter(auditor=device).aggregate(
        caught=Count("pk", filter=CAUGHT), missed=Count("pk", filter=MISSED)
    )
