"""Everything that staff did, findable and exportable, and editable by nobody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from audit.models import StaffAction
from audit.searching import ActionSearch
from clock.services import business_now
from pages.acting.subjects import page_of_subject
from pages.dashboard.access import admin_only, as_of
from pages.dashboard.rows import PAGE, Place, RowSource, csv_response

COLUMNS = (
    ("When (UTC)", lambda row: row.happened_at.isoformat(timespec="seconds")),
    ("Who", lambda row: row.actor.email),
    ("What", lambda row: row.action),
    ("On", lambda row: Place(row.subject, page_of_subject(row.subject))),
    ("Why", lambda row: row.reason),
    ("Details", lambda row: ", ".join(f"{key}: {value}" for key, value in row.details.items())),
)


@admin_only
@require_safe
def actions(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """A page by key: `?before=` is the last row seen."""
    form = ActionSearch(request.GET, auto_id="search_%s")
    at = as_of(request, business_now())
    rows = form.found().filter(happened_at__lte=at) if form.is_valid() else StaffAction.objects.none()
    source = RowSource(
        gettext("Actions of staff"), gettext("What was done, by whom, why."), COLUMNS, lambda _at, _project: rows
    )
    if request.GET.get("format") == "csv":
        return csv_response(f"actions-{at:%Y%m%dT%H%M%S}", source, rows.iterator(chunk_size=1000))
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    shown = list(rows[: PAGE + 1])
    query = request.GET.copy()
    for name in ("before", "format"):
        query.pop(name, None)
    context = {
        "form": form, "source": source, "cells": source.cells(shown[:PAGE]), "at": at, "query": query.urlencode(),
        "next": shown[PAGE - 1].pk if len(shown) > PAGE else None, "is_later": bool(before),
    }  # fmt: skip
    return render(request, "dashboard/acting/actions.html", context, status=400 if form.errors else 200)
