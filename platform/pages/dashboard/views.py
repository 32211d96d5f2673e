"""The funding dashboard: for admins only. Others are told so, whoever asks."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from audit.services import newest_action
from clock.services import business_now, business_offset
from pages.dashboard.access import admin_only, as_of, page_number
from pages.dashboard.compute_rows import COMPUTE_SOURCES
from pages.dashboard.compute_rows_classes import CLASS_SOURCES
from pages.dashboard.compute_rows_more import MORE_COMPUTE_SOURCES
from pages.dashboard.compute_sections import compute_sections
from pages.dashboard.money import money_findings, money_summaries
from pages.dashboard.money_rows import MONEY_SOURCES
from pages.dashboard.money_sections import money_sections
from pages.dashboard.overview import compute_findings, compute_summary, projects_at_risk
from pages.dashboard.rows import PAGE, RowSource, csv_response
from projects.discovery.keeping import kept
from values.money import CURRENCIES

SOURCES = {**MONEY_SOURCES, **COMPUTE_SOURCES, **MORE_COMPUTE_SOURCES, **CLASS_SOURCES}


@admin_only
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Exceptions first, then the money funnel by currency, then the compute funnel; each says as of when.

    Drawn once in ten seconds for all admins who ask for now; what an admin does draws it anew at once.
    """
    # Machines work in real time; deadlines, money and windows go by business time, which the demo may shift.
    real, shift = timezone.now(), business_offset()
    at = as_of(request, max(real + shift, real))
    question = f"dashboard:{get_language()}:{request.GET.get('at', '')}:{shift}:{newest_action()}"
    body = kept(question, lambda: render_to_string("dashboard/_overview.html", _said(at, real=real, now=real + shift)))
    return render(request, "dashboard/overview.html", {"body": body})


def _said(at: datetime, *, real: datetime, now: datetime) -> dict[str, object]:
    return {
        "at": at,
        "now": now,
        "findings": [*money_findings(now=now), *compute_findings(now=real, business=now)],
        "at_risk": projects_at_risk(now=now),
        "money": money_summaries(at=at),
        "sections": money_sections(now=now),
        "compute": compute_summary(at=at),
        "compute_sections": compute_sections(now=real, business=now),
    }


@admin_only
@require_safe
def rows(request: HttpRequest, key: str) -> HttpResponse | StreamingHttpResponse:
    """The rows behind a figure: a page of them, or all as CSV."""
    source = SOURCES.get(key)
    if source is None:
        raise Http404(gettext("There are no such rows."))
    real = timezone.now()
    now = real if source.in_real_time else max(business_now(), real)
    at = now if source.of_now else as_of(request, now)
    found = _found(request, source, at)
    if request.GET.get("format") == "csv":
        streamed = found.iterator(chunk_size=1000) if hasattr(found, "iterator") else found
        return csv_response(f"{key}-{at:%Y%m%dT%H%M%S}", source, streamed)
    page = page_number(request)
    shown = list(islice(iter(found[(page - 1) * PAGE : page * PAGE + 1]), PAGE + 1))
    query = request.GET.copy()
    query["at"] = at.isoformat()
    query.pop("page", None)
    context = {
        "source": source,
        "cells": source.cells(shown[:PAGE]),
        "at": at,
        "query": query.urlencode(),
        "page": page,
        "has_next": len(shown) > PAGE,
    }
    return render(request, "dashboard/rows.html", context)


def _found(request: HttpRequest, source: RowSource, at: datetime) -> Any:
    """Rows of the project, the currency and what else is asked for. Raises Http404 for what makes no sense."""
    project, currency = request.GET.get("project", ""), request.GET.get("currency", "")
    if project and not (project.isdecimal() and len(project) < 10):
        raise Http404(gettext("A project is given by its number."))
    if currency and currency not in CURRENCIES:
        raise Http404(gettext("There is no such currency here."))
    found = source.rows(at, int(project) if project else None)
    wanted = {field: value for name, field in source.filters if (value := request.GET.get(name, ""))}
    if isinstance(found, list):
        return [row for row in found if all(_has(row, field, value) for field, value in wanted.items())]
    try:
        return found.filter(**wanted)
    except (ValidationError, ValueError) as error:
        raise Http404(gettext("A day is given as 2026-01-31, a memory class by its number.")) from error


def _has(row: Any, field: str, value: str) -> bool:
    return bool(attrgetter(field.replace("__", "."))(row) == value)
