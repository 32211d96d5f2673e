"""Invoices of rented machines: entered by the creator, confirmed or refused by an admin, never changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import User
from compute_pledges.errors import SponsoringRefused
from compute_pledges.models import InvoiceEvidence, SponsorInvoice
from compute_pledges.services.mails import write_mail
from projects.models import Project

State = SponsorInvoice.State
LARGEST_FILE = 2_000_000
MAGIC = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
MOST_OPEN = 50


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice as it was typed: minor units, microseconds of billed machine time, a period of days."""

    vendor: str
    reference: str
    amount_minor: int
    billed_us: int
    starts_on: date
    ends_on: date
    evidence_url: str = ""
    file_name: str = ""
    file: bytes = b""


def content_type_of(file: bytes) -> str:
    """By its first bytes, not its name. Raises SponsoringRefused."""
    found = next((kind for magic, kind in MAGIC.items() if file.startswith(magic)), None)
    if found is None or len(file) > LARGEST_FILE:
        raise SponsoringRefused("The file must be a PDF, PNG or JPEG of at most 2 MB.")
    return found


def enter_invoice(*, project: Project, by: User, bill: Bill, now: datetime) -> SponsorInvoice:
    """Keep an invoice until an admin has looked at it. Raises SponsoringRefused."""
    if project.creator_id != by.pk:
        raise SponsoringRefused("Only the project's creator enters its invoices.")
    if not bill.evidence_url and not bill.file:
        raise SponsoringRefused("Show the invoice: attach it, or give the address where it can be read.")
    if bill.ends_on < bill.starts_on:
        raise SponsoringRefused("The period ends before it begins.")
    kind = content_type_of(bill.file) if bill.file else ""
    if project.sponsor_invoices.filter(state=State.ENTERED).count() >= MOST_OPEN:
        raise SponsoringRefused("Many invoices wait for confirmation already. Wait for those.")
    try:
        with transaction.atomic():
            invoice = SponsorInvoice.objects.create(
                project=project, vendor=bill.vendor.strip(), reference=bill.reference.strip(),
                amount_minor=bill.amount_minor, currency=project.currency, billed_us=bill.billed_us,
                starts_on=bill.starts_on, ends_on=bill.ends_on, evidence_url=bill.evidence_url,
                evidence_sha256=hashlib.sha256(bill.file).hexdigest() if bill.file else "", entered_by=by,
                entered_at=now,
            )  # fmt: skip
            if bill.file:
                name = bill.file_name.strip()[-120:] or "invoice"
                InvoiceEvidence.objects.create(invoice=invoice, name=name, content_type=kind, content=bill.file)
    except IntegrityError as error:
        raise SponsoringRefused("This invoice of this vendor is entered already.") from error
    return invoice


@transaction.atomic
def decide_invoice(*, invoice_id: int, confirm: bool, by: User, reason: str, now: datetime) -> SponsorInvoice:
    """Confirm or refuse. A decision is final; the same one again returns quietly. Raises SponsoringRefused."""
    invoice = SponsorInvoice.objects.select_for_update(of=("self",)).select_related("project").get(pk=invoice_id)
    target = State.CONFIRMED if confirm else State.REFUSED
    if invoice.state == target:
        return invoice
    if not by.is_admin or by.pk in (invoice.entered_by_id, invoice.project.creator_id):
        raise SponsoringRefused("Another admin than its creator decides on an invoice.")
    if invoice.state != State.ENTERED:
        raise SponsoringRefused("This invoice was decided on already. Enter a new one.")
    invoice.state, invoice.decided_by, invoice.decided_at = target, by, now
    invoice.decision_reason = reason.strip()[:1000]
    invoice.save(update_fields=["state", "decided_by", "decided_at", "decision_reason"])
    facts = {
        "title": invoice.project.title, "invoice": str(invoice), "state": str(State(target).label),
        "reason": invoice.decision_reason, "path": reverse("compute:sponsoring", args=[invoice.project.slug]),
    }  # fmt: skip
    write_mail(user=invoice.entered_by, kind="invoice_decided", key=str(invoice.pk), facts=facts, now=now)
    return invoice
