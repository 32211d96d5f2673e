"""Deeds of staff on machines and invoices: each with its reason, in the transaction that does it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit.services import record_action
from compute_pledges.errors import DeviceNotAllowed
from compute_pledges.models import Device, SponsorInvoice
from compute_pledges.services.backing import revoke_device
from compute_pledges.services.devices import lift_quarantine
from compute_pledges.sponsoring.invoices import decide_invoice
from pages.acting.deeds import OWN, OwnMoney

LIFT, REVOKE = "lift", "revoke"
State = Device.State


@transaction.atomic
def decide_on_device(*, device_id: UUID, deed: str, by: User, reason: str, now: datetime) -> Device:
    """Give the machine back to begin anew, or end its access. Raises OwnMoney, DeviceNotAllowed, ReasonMissing."""
    device = Device.objects.select_for_update(of=("self",)).get(pk=device_id)
    if device.owner_id == by.pk:
        raise OwnMoney(OWN)
    allowed = {LIFT: (State.QUARANTINED,), REVOKE: (State.ACTIVE, State.QUARANTINED)}
    if device.state not in allowed[deed]:
        raise DeviceNotAllowed(f"This machine is {device.get_state_display()} by now. Nothing was done.")
    details = {"was": device.state, "because": device.quarantine_reason}
    subject, action = f"device:{device_id}", f"{deed}_device"
    record_action(actor=by, action=action, subject=subject, reason=reason, now=now, details=details)
    if deed == LIFT:
        lift_quarantine(device=device)
    else:
        revoke_device(device=device, now=now, by_owner=False)
    return device


@transaction.atomic
def decide_on_invoice(*, invoice_id: int, confirm: bool, by: User, reason: str, now: datetime) -> SponsorInvoice:
    """Confirm or refuse. Raises SponsoringRefused, ReasonMissing."""
    invoice = decide_invoice(invoice_id=invoice_id, confirm=confirm, by=by, reason=reason, now=now)
    details = {"amount_minor": invoice.amount_minor, "currency": invoice.currency, "vendor": invoice.vendor}
    action = "confirm_invoice" if confirm else "refuse_invoice"
    record_action(
        actor=by, action=action, subject=f"invoice:{invoice_id}", reason=reason, now=now, details=details
    )  # fmt: skip
    return invoice
