"""Appeals: the volunteer says why, the block is computed anew by an auditor, a person decides with both before them.

Granted, a verdict's blocks count again by further rows of the journal, those that the quarantine refused unseen are
replayed and count once they pass, and the machine has its record back; a machine that is slower than its class is
priced by what it shows. Denied, everything stays, and the reason is sent.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from accounts.models import User
from clock.services import business_offset
from compute_pledges.errors import AppealRefused
from compute_pledges.models import Appeal, Audit, Device, GpuTimeEntry, WorkResult
from compute_pledges.services.audit_verdicts import look_again
from compute_pledges.services.pledges import recount
from compute_pledges.services.screening import proof_of_fraud, screen_failure
from compute_pledges.services.trust_mails import tell_decision
from compute_pledges.services.turns import keep_turn
from compute_pledges.services.verification import end_probation, restore
from values.numbers import number_words

APPEAL_WINDOW = timedelta(days=30)
LONGEST_TEXT = 2000
REFUSED = (WorkResult.State.REJECTED, WorkResult.State.REVERSED)
Kind, State = Appeal.Kind, Appeal.State


@transaction.atomic
def open_appeal(*, device: Device, kind: str, text: str, now: datetime) -> Appeal:
    """The machine's owner objects. Raises AppealRefused with what is missing."""
    text = text.strip()
    if not text or len(text) > LONGEST_TEXT:
        raise AppealRefused(
            gettext("Say in up to %(longest_text)s characters what you think went wrong.")
            % {"longest_text": number_words(LONGEST_TEXT)}
        )
    Device.objects.select_for_update().get(pk=device.pk)
    if Appeal.objects.filter(device=device, kind=kind, state=State.OPEN).exists():
        raise AppealRefused(gettext("Your appeal is open already; you get mail when it is decided."))
    block = condemned_block(device=device, now=now) if kind == Kind.VERDICT else None
    if kind == Kind.VERDICT and block is None:
        raise AppealRefused(gettext("None of this machine's blocks was refused or taken back in the last 30 days."))
    if kind == Kind.RATE and not device.is_calibrated:
        raise AppealRefused(gettext("This machine was not measured yet."))
    evidence = look_again(block, Audit.Purpose.APPEAL) if block and block.lease.round.pruned_at is None else None
    return Appeal.objects.create(device=device, kind=kind, text=text, opened_at=now, evidence=evidence)


def condemned_block(*, device: Device, now: datetime) -> WorkResult | None:
    """The block that the last verdict rests on: the newest that failed an audit, or else that was refused."""
    refused = WorkResult.objects.filter(
        device=device, state__in=REFUSED, received_at__gt=now - APPEAL_WINDOW
    ).select_related("lease__round", "lease__run__project")  # fmt: skip
    failed = refused.filter(audits__state=Audit.State.FAILED).order_by("-received_at").first()
    return failed or refused.order_by("-received_at").first()


@transaction.atomic
def decide_appeal(*, appeal_id: int, grant: bool, by: User, answer: str, now: datetime) -> Appeal:
    """A person decides. Raises AppealRefused when it was decided, or is their own."""
    appeal = Appeal.objects.select_for_update(of=("self",)).select_related("device", "evidence").get(pk=appeal_id)
    if appeal.state != State.OPEN:
        raise AppealRefused(
            gettext("This appeal is %(get_state_display)s by now. Nothing was done.")
            % {"get_state_display": appeal.get_state_display()}
        )
    if appeal.device.owner_id == by.pk:
        raise AppealRefused(gettext("Nobody decides on their own machine. Another admin must do it."))
    device = Device.objects.select_for_update().get(pk=appeal.device_id)
    appeal.state, appeal.decided_by, appeal.decided_at = State.GRANTED if grant else State.DENIED, by, now
    appeal.answer = answer.strip()[:1000]
    if grant and appeal.kind == Kind.VERDICT:
        appeal.restored_blocks = _give_back(device, appeal, now)
    elif grant:
        # Its next block measures it, every such block is audited, and half of the class's rate is no floor any more.
        Device.objects.filter(pk=device.pk).update(is_rate_supervised=True, calibrated_at=None)
    appeal.save()
    tell_decision(appeal=appeal, now=now)
    return appeal


def _give_back(device: Device, appeal: Appeal, now: datetime) -> int:
    blocks = blocks_of_verdict(device, appeal)
    for result in blocks:
        restore(result=result, reason=gettext("Given back on appeal."), now=now)
    if device.state == Device.State.QUARANTINED:
        unseen = _refused_since(device).filter(state=WorkResult.State.REJECTED, audits=None)
        keep_turn(device_id=device.pk, target=Device.State.ACTIVE, at=now + business_offset())
        Device.objects.filter(pk=device.pk).update(state=Device.State.ACTIVE, quarantine_reason="")
        recount(device_id=device.pk, now=now)
        end_probation(owner_id=device.owner_id, now=now)
        _replay(unseen.exclude(pk__in=[result.pk for result in blocks]))
    return len(blocks)


def _replay(unseen: QuerySet[WorkResult]) -> None:
    """Audits for blocks that came in during the quarantine; what the other screens refuse stays refused."""
    kept = unseen.filter(lease__round__pruned_at=None).select_related("lease__round", "device")
    for result in kept.select_for_update(of=("self",)).order_by("received_at"):
        if not (proof_of_fraud(result) or screen_failure(result)):
            look_again(result, Audit.Purpose.ANEW)


def _refused_since(device: Device) -> QuerySet[WorkResult]:
    """What was refused or taken back since the quarantine began."""
    since = GpuTimeEntry.objects.filter(device=device, credit__in=REFUSED, recorded_at__gte=device.quarantined_at)
    return WorkResult.objects.filter(device=device, state__in=REFUSED, pk__in=since.values("lease_id"))


def blocks_of_verdict(device: Device, appeal: Appeal) -> list[WorkResult]:
    """What the quarantine took back or replays refused, and the appealed block."""
    blocks = WorkResult.objects.filter(device=device, state__in=REFUSED)
    keys = {appeal.evidence.result_id} if appeal.evidence else set()
    if device.state == Device.State.QUARANTINED and device.quarantined_at is not None:
        checked = _refused_since(device)
        keys |= set(checked.filter(state=WorkResult.State.REVERSED).values_list("pk", flat=True))
        keys |= set(checked.filter(audits__isnull=False).values_list("pk", flat=True))
    found = blocks.filter(pk__in=keys).select_for_update(of=("self",)).select_related("lease__run__project")
    return list(found.order_by("received_at"))
