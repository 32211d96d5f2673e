"""Money into hours, in public: what was paid out, what vendors billed, what was verified, which checkpoints it made."""

from __future__ import annotations

from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from compute_pledges.models import SponsorInvoice
from compute_pledges.sponsoring.chain import ChainRow, chain_of, sponsored_time
from pages.dashboard.rows import RowSource, csv_response
from payments.models import Payout
from projects.models import Project
from projects.totals import totals_of
from values.money import Money

COLUMNS = (
    (_("Vendor"), lambda row: row.invoice.vendor.name),
    (_("Invoice"), lambda row: row.invoice.reference),
    (_("From"), lambda row: row.invoice.starts_on.isoformat()),
    (_("Until"), lambda row: row.invoice.ends_on.isoformat()),
    (_("State"), lambda row: row.invoice.state),
    (_("Amount in minor units"), lambda row: row.invoice.amount_minor),
    (_("Currency"), lambda row: row.invoice.currency),
    ("Billed µs", lambda row: row.invoice.billed_us),
    (_("Verified device µs"), lambda row: row.whole.device_us),
    ("Verified H100-equivalent µs", lambda row: row.whole.h100_us),
    (_("Blocks"), lambda row: row.whole.blocks),
    (_("Runs"), lambda row: ", ".join(str(part.run_id) for part in row.runs)),
    (_("Checkpoints"), lambda row: row.whole.checkpoints),
    (_("SHA-256 of the invoice"), lambda row: row.invoice.evidence_sha256),
)

DUTIES_SHOWN = 20


@require_safe
def sponsored_ledger(request: HttpRequest, slug: str) -> HttpResponse | StreamingHttpResponse:
    """Euro, invoice, verified hours, checkpoints; seven queries whatever there is."""
    project = get_object_or_404(Project.objects.public(), slug=slug)
    if project.launched_at is None and project.state == Project.State.APPROVED:
        raise Http404(gettext("There is nothing to show before the launch."))
    chain = chain_of(project)
    if request.GET.get("format") == "csv":
        source = RowSource(gettext("Sponsored devices"), "", COLUMNS, lambda _at, _project: chain)
        return csv_response(f"sponsored-{project.slug}", source, chain)
    device_us, h100_us = sponsored_time(project)
    paid = paid_out(project)
    billed = confirmed(chain, project.currency)
    context = {
        "project": project, "chain": chain, "device_us": device_us, "h100_us": h100_us, "paid": paid,
        "billed": billed, "unshown": paid - billed, "budget": Money(project.sponsored_budget_minor, project.currency),
        "filling_us": totals_of([project])[project.pk].sponsored_filling,
        "duties": list(project.rent_duties.all()[:DUTIES_SHOWN]),
    }  # fmt: skip
    return render(request, "pages/sponsored.html", context)


def paid_out(project: Project) -> Money:
    """What has reached the creator, out of which machines are rented."""
    paid = Payout.objects.filter(project=project, state=Payout.State.PAID, currency=project.currency)
    return Money(paid.aggregate(total=Sum("amount_minor", default=0))["total"], project.currency)


def confirmed(chain: list[ChainRow], currency: str) -> Money:
    """Invoices that an admin has confirmed."""
    bills = [row.invoice for row in chain if row.invoice.state == SponsorInvoice.State.CONFIRMED]
    return Money(sum(bill.amount_minor for bill in bills), currency)
