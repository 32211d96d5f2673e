"""Invoices of rented machines: entered by the creator, confirmed or refused by an admin, never changed.

All invoices of a project together stay within the budget that its backers were promised at the launch, and a day of a
vendor's machines is on one invoice: each verified hour is explained once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import SponsoringRefused
from compute_pledges.models import InvoiceEvidence, SponsorInvoice, SponsorVendor
from compute_pledges.services.mails import write_mail
from notices.facts import Fact, ours
from projects.models import Project
from values.money import Money

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
        raise SponsoringRefused(gettext("The file must be a PDF, PNG or JPEG of at most 2 MB."))
    return found


def budget_left(project: Project) -> Money:
    """What of the promised budget is on no invoice yet."""
    billed = project.sponsor_invoices.exclude(state=State.REFUSED).aggregate(n=Sum("amount_minor", default=0))["n"]
    return Money(max(project.sponsored_budget_minor - billed, 0), project.currency)


def _require_budget(project: Project, bill: Bill) -> None:
    left = budget_left(project)
    if bill.amount_minor <= left.minor:
        return
    if not project.sponsored_budget_minor:
        raise SponsoringRefused(gettext("The plan of the launch sets no money aside for rented machines."))
    whole = Money(project.sponsored_budget_minor, project.currency)
    raise SponsoringRefused(
        gettext(
            "Backers were promised that rented machines cost at most %(whole)s; %(left)s of it is on no invoice yet."
        )
        % {"whole": whole, "left": left}
    )


def _vendor(project: Project, bill: Bill) -> SponsorVendor:
    """One that machines are marked with. Raises SponsoringRefused."""
    found = SponsorVendor.objects.filter(project=project, name__iexact=" ".join(bill.vendor.split())).first()
    if found is None:
        known = ", ".join(project.sponsor_vendors.values_list("name", flat=True)) or gettext("none yet")
        raise SponsoringRefused(
            gettext("No machine is marked as rented from %(vendor)s. Marked vendors: %(known)s.")
            % {"vendor": bill.vendor, "known": known}
        )
    return found


def _require_own_days(vendor: SponsorVendor, bill: Bill) -> None:
    standing = vendor.invoices.exclude(state=State.REFUSED).select_related("vendor")
    if standing.filter(reference=bill.reference.strip()).exists():
        raise SponsoringRefused(gettext("This invoice of this vendor is entered already."))
    other = standing.filter(starts_on__lte=bill.ends_on, ends_on__gte=bill.starts_on).first()
    if other is not None:
        raise SponsoringRefused(
            gettext(
                "%(other)s covers %(starts_on)s to %(ends_on)s: an hour is on one invoice only. "
                "Enter days of %(vendor)s that no other invoice covers, or one invoice for all its "
                "machines of these days."
            )
            % {"other": other, "starts_on": other.starts_on, "ends_on": other.ends_on, "vendor": vendor}
        )


@transaction.atomic
def enter_invoice(*, project: Project, by: User, bill: Bill, now: datetime) -> SponsorInvoice:
    """Keep an invoice until an admin has looked at it. Raises SponsoringRefused."""
    # Locked, so that of two invoices at once not both fit into the same rest of the budget or the same days.
    project = Project.objects.select_for_update().get(pk=project.pk)
    if project.creator_id != by.pk:
        raise SponsoringRefused(gettext("Only the project's creator enters its invoices."))
    if not bill.evidence_url and not bill.file:
        raise SponsoringRefused(gettext("Show the invoice: attach it, or give the address where it can be read."))
    if bill.ends_on < bill.starts_on:
        raise SponsoringRefused(gettext("The period ends before it begins."))
    if project.sponsor_invoices.filter(state=State.ENTERED).count() >= MOST_OPEN:
        raise SponsoringRefused(gettext("Many invoices wait for confirmation already. Wait for those."))
    kind = content_type_of(bill.file) if bill.file else ""
    vendor = _vendor(project, bill)
    _require_own_days(vendor, bill)
    _require_budget(project, bill)
    invoice = SponsorInvoice.objects.create(
        project=project, vendor=vendor, reference=bill.reference.strip(), amount_minor=bill.amount_minor,
        currency=project.currency, billed_us=bill.billed_us, starts_on=bill.starts_on, ends_on=bill.ends_on,
        evidence_url=bill.evidence_url, evidence_sha256=hashlib.sha256(bill.file).hexdigest() if bill.file else "",
        entered_by=by, entered_at=now,
    )  # fmt: skip
    if bill.file:
        name = bill.file_name.strip()[-120:] or "invoice"
        InvoiceEvidence.objects.create(invoice=invoice, name=name, content_type=kind, content=bill.file)
    return invoice


@transaction.atomic
def decide_invoice(*, invoice_id: int, confirm: bool, by: User, reason: str, now: datetime) -> SponsorInvoice:
    """Confirm or refuse. A decision is final; the same one again returns quietly. Raises SponsoringRefused."""
    locked = SponsorInvoice.objects.select_for_update(of=("self",)).select_related("project", "vendor")
    invoice = locked.get(pk=invoice_id)
    target = State.CONFIRMED if confirm else State.REFUSED
    if invoice.state == target:
        return invoice
    if not by.is_admin or by.pk in (invoice.entered_by_id, invoice.project.creator_id):
        raise SponsoringRefused(gettext("Another admin than its creator decides on an invoice."))
    if invoice.state != State.ENTERED:
        raise SponsoringRefused(gettext("This invoice was decided on already. Enter a new one."))
    invoice.state, invoice.decided_by, invoice.decided_at = target, by, now
    invoice.decision_reason = reason.strip()[:1000]
    invoice.save(update_fields=["state", "decided_by", "decided_at", "decision_reason"])
    facts: dict[str, Fact] = {
        "title": invoice.project.title, "invoice": str(invoice), "state": ours(State(target).label),
        "reason": invoice.decision_reason, "path": reverse("compute:sponsoring", args=[invoice.project.slug]),
    }  # fmt: skip
    write_mail(user=invoice.entered_by, kind="invoice_decided", key=str(invoice.pk), facts=facts, now=now)
    return invoice
