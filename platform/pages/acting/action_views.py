"""Everything that staff did, findable and exportable, and editable by nobody."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from audit.models import StaffAction
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


class ActionSearch(forms.Form):
    """Who, what, on what, between which UTC days; all optional."""

    actor = forms.CharField(
        label=_("Who"), required=False, max_length=254, help_text=_("Part of the mail address or name.")
    )
    action = forms.CharField(label=_("What"), required=False, max_length=40)
    subject = forms.CharField(
        label=_("On"), required=False, max_length=120, help_text=_("As project:12, or its beginning.")
    )
    words = forms.CharField(label=_("Why"), required=False, max_length=100, help_text=_("Words of the reason."))
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def found(self) -> QuerySet[StaffAction]:
        """The newest first."""
        rows = StaffAction.objects.select_related("actor")
        data = self.cleaned_data
        if actor := data["actor"]:
            rows = rows.filter(Q(actor__email__icontains=actor) | Q(actor__name__icontains=actor))
        if action := data["action"]:
            rows = rows.filter(action=action)
        if subject := data["subject"]:
            rows = rows.filter(subject__startswith=subject)
        if words := data["words"]:
            rows = rows.filter(reason__icontains=words)
        if since := data["since"]:
            rows = rows.filter(happened_at__gte=datetime.combine(since, time(), UTC))
        if until := data["until"]:
            rows = rows.filter(happened_at__lt=datetime.combine(until, time(), UTC) + timedelta(days=1))
        return rows


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
