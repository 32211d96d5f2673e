"""A difference between ledger and provider: what it is, since when, and what staff knows of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.current import signed_in
from audit.models import StaffAction
from clock.services import business_now
from pages.acting import deeds
from pages.acting.forms import ExplainForm
from pages.acting.outcome import attempt
from pages.dashboard.access import admin_only
from payments.models import BalanceRecord, LedgerTransaction, ReconciliationDifference


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def difference(request: HttpRequest, difference_id: int) -> HttpResponse:
    """Both sides, and the explanation. Nothing here changes the ledger."""
    found = get_object_or_404(ReconciliationDifference.objects.select_related("explained_by"), pk=difference_id)
    form = ExplainForm(
        "explain", request.POST if request.method == "POST" else None, initial={"explanation": found.explanation}
    )
    if request.method == "POST" and form.is_valid():
        data, by = form.cleaned_data, signed_in(request)
        attempt(
            request,
            lambda: deeds.explain(
                difference_id=difference_id, explanation=data["explanation"], by=by, reason=data["reason"],
                now=business_now(),
            ),
            gettext("The explanation is kept."),
        )  # fmt: skip
        return redirect("pages:difference", difference_id)
    booked = LedgerTransaction.objects.filter(provider_id=found.reference).select_related("project")
    context = {
        "difference": found, "at": business_now(), "form": form, "booked": booked.prefetch_related("entries"),
        "record": BalanceRecord.objects.filter(transaction_id=found.reference).first(),
        "actions": StaffAction.objects.filter(subject=f"difference:{difference_id}").select_related("actor"),
    }  # fmt: skip
    return render(request, "dashboard/acting/difference.html", context, status=400 if form.errors else 200)
