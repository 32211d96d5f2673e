"""Deeds of staff on machines and invoices: each with its reason, in the transaction that does it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from audit.services import record_action
from compute_pledges.errors import DeviceNotAllowed
from compute_pledges.models import Appeal, AuditorSeat, Device, SponsorInvoice
from compute_pledges.services import auditors
from compute_pledges.services.appeals import decide_appeal
from compute_pledges.services.backing import revoke_device
from compute_pledges.services.devices import lift_quarantine
from compute_pledges.sponsoring.invoices import decide_invoice
from payments.errors import OwnMoney
from payments.services.moving import OWN

LIFT, REVOKE = "lift", "revoke"
UNSEAT, RESEAT = "unseat", "reseat"
State = Device.State


@transaction.atomic
def decide_on_device(*, device_id: UUID, deed: str, by: User, reason: str, now: datetime) -> Device:
    """Give the machine back to begin anew, or end its access. Raises OwnMoney, DeviceNotAllowed, ReasonMissing."""
    device = Device.objects.select_for_update(of=("self",)).get(pk=device_id)
    if device.owner_id == by.pk:
        raise OwnMoney(OWN)
    allowed = {LIFT: (State.QUARANTINED,), REVOKE: (State.ACTIVE, State.QUARANTINED)}
    if device.state not in allowed[deed]:
        raise DeviceNotAllowed(
            gettext("This machine is %(get_state_display)s by now. Nothing was done.")
            % {"get_state_display": device.get_state_display()}
        )
    details = {"was": device.state, "because": device.quarantine_reason}
    subject, action = f"device:{device_id}", f"{deed}_device"
    record_action(actor=by, action=action, subject=subject, reason=reason, now=now, details=details)
    if deed == LIFT:
        lift_quarantine(device=device, now=now)
    else:
        revoke_device(device=device, now=now, by_owner=False)
    return device


@transaction.atomic
def decide_on_appeal(*, appeal_id: int, grant: bool, by: User, reason: str, now: datetime) -> Appeal:
    """Grant or deny; the reason is the answer. Raises AppealRefused, ReasonMissing."""
    appeal = decide_appeal(appeal_id=appeal_id, grant=grant, by=by, answer=reason, now=now)
    details = {"kind": appeal.kind, "appeal": appeal.pk, "restored_blocks": appeal.restored_blocks}
    action = "grant_appeal" if grant else "deny_appeal"
    subject = f"device:{appeal.device_id}"
    record_action(actor=by, action=action, subject=subject, reason=reason, now=now, details=details)
    return appeal


@transaction.atomic
def decide_on_seat(*, device_id: UUID, deed: str, by: User, reason: str, now: datetime) -> None:
    """Take a machine's seat as an auditor, or give it back. Raises OwnMoney, DeviceNotAllowed, ReasonMissing."""
    device = Device.objects.select_for_update(of=("self",)).get(pk=device_id)
    if device.owner_id == by.pk:
        raise OwnMoney(OWN)
    wanted = AuditorSeat.State.ACTIVE if deed == UNSEAT else AuditorSeat.State.SUSPENDED
    if not AuditorSeat.objects.filter(device=device, state=wanted).exists():
        raise DeviceNotAllowed(gettext("The machine's seat as an auditor has changed by now. Nothing was done."))
    if deed == UNSEAT:
        auditors.suspend(device_id=device_id, reason=reason, now=now)
    else:
        auditors.reinstate(device=device)
    record_action(actor=by, action=f"{deed}_auditor", subject=f"device:{device_id}", reason=reason, now=now)


@transaction.atomic
def decide_on_invoice(*, invoice_id: int, confirm: bool, by: User, reason: str, now: datetime) -> SponsorInvoice:
    """Confirm or refuse. Raises SponsoringRefused, ReasonMissing."""
    invoice = decide_invoice(invoice_id=invoice_id, confirm=confirm, by=by, reason=reason, now=now)
    details = {"amount_minor": invoice.amount_minor, "currency": invoice.currency, "vendor": invoice.vendor.name}
    action = "confirm_invoice" if confirm else "refuse_invoice"
    record_action(
        actor=by, action=action, subject=f"invoice:{invoice_id}", reason=reason, now=now, details=details
    )  # fmt: skip
    return invoice
