"""What a backer reads about their money: the one page of everything, receipts, statements."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.current import signed_in
from clock.services import business_now
from payments.models import CashPledge
from payments.papers.movements import FIRST_YEAR, LAST_YEAR, movements_of
from payments.papers.overview import overview_of
from payments.papers.pdf import pdf_of
from payments.papers.receipt import has_receipt, receipt_of
from payments.papers.statement import CSV_LABELS, csv_row, statement_of
from payments.services.withdrawing import withdrawal_ends_at
from payments.web.downloads import csv_download, pdf_download


@login_required
@require_safe
def my_pledges(request: HttpRequest) -> HttpResponse:
    """Everything that the account owes or is owed."""
    try:
        before = UUID(request.GET["before"]) if "before" in request.GET else None
        context = overview_of(signed_in(request), before)
    except (ValueError, CashPledge.DoesNotExist) as error:
        raise Http404 from error
    return render(request, "payments/pledges.html", context)


def _own(request: HttpRequest, pledge_id: UUID) -> CashPledge:
    rows = CashPledge.objects.select_related("project__creator", "reward", "backer")
    return get_object_or_404(rows, pk=pledge_id, backer=signed_in(request))


@login_required
@require_safe
def receipt(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """The receipt as a page that prints; a pledge that was not charged says so."""
    pledge = _own(request, pledge_id)
    if not has_receipt(pledge):
        return render(request, "payments/no_receipt.html", {"pledge": pledge})
    paper = receipt_of(pledge, withdrawal_ends_at=withdrawal_ends_at(pledge))
    return render(request, "payments/receipt.html", {"pledge": pledge, "paper": paper})


@login_required
@require_safe
def receipt_pdf(request: HttpRequest, pledge_id: UUID) -> HttpResponse:
    """The same as a file."""
    pledge = _own(request, pledge_id)
    if not has_receipt(pledge):
        return render(request, "payments/no_receipt.html", {"pledge": pledge}, status=404)
    paper = receipt_of(pledge, withdrawal_ends_at=withdrawal_ends_at(pledge))
    return pdf_download(f"receipt-{pledge.pk}", pdf_of(paper, author=settings.PLATFORM_NAME))


def _known_year(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    return year


@login_required
@require_safe
def statement(request: HttpRequest, year: int) -> HttpResponse:
    """A year by currency."""
    paper = statement_of(signed_in(request), _known_year(year), now=business_now())
    return render(request, "payments/statement.html", {"year": year, "paper": paper})


@login_required
@require_safe
def statement_pdf(request: HttpRequest, year: int) -> HttpResponse:
    """The same as a file."""
    paper = statement_of(signed_in(request), _known_year(year), now=business_now())
    return pdf_download(f"statement-{year}", pdf_of(paper, author=settings.PLATFORM_NAME))


@login_required
@require_safe
def statement_csv(request: HttpRequest, year: int) -> HttpResponseBase:
    """The year's movements for a spreadsheet."""
    rows = (csv_row(movement) for movement in movements_of(signed_in(request), _known_year(year)))
    return csv_download(f"statement-{year}", CSV_LABELS, rows)
