"""What volunteers are told about verdicts on their machines."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.urls import reverse

from compute_pledges.models import Appeal, Device
from compute_pledges.services.mails import write_mail
from notices.facts import Fact, blocks, ours


def tell_quarantine(*, device_id: UUID, reason: str, now: datetime) -> None:
    """Why a machine gets no work, and what its owner can do."""
    device = Device.objects.select_related("owner").get(pk=device_id)
    facts: dict[str, Fact] = {
        "machine": device.name,
        "reason": reason,
        "path": reverse("compute:machine", args=[device.pk]),
    }
    write_mail(user=device.owner, kind="quarantined", key=f"{device.pk}:{now:%Y%m%d%H}", facts=facts, now=now)


def tell_decision(*, appeal: Appeal, now: datetime) -> None:
    """How an appeal was decided, and why."""
    device = appeal.device
    facts: dict[str, Fact] = {
        "machine": device.name, "decision": ours(Appeal.State(appeal.state).label), "answer": appeal.answer,
        "blocks": blocks(appeal.restored_blocks),
        "path": reverse("compute:machine", args=[device.pk]),
    }  # fmt: skip
    write_mail(user=device.owner, kind="appeal_decided", key=f"appeal:{appeal.pk}", facts=facts, now=now)
