"""The funding dashboard: for admins only. Others are told so, whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from itertools import islice

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from clock.services import business_now
from pages.dashboard.compute_rows import COMPUTE_SOURCES
from pages.dashboard.money import MONEY_SOURCES, money_findings, money_summaries
from pages.dashboard.overview import compute_findings, compute_summary, projects_at_risk
from pages.dashboard.rows import PAGE, csv_response

SOURCES = {**MONEY_SOURCES, **COMPUTE_SOURCES}
View = Callable[..., HttpResponse | StreamingHttpResponse]


def admin_only(view: View) -> View:
    """Signed out: sign in. Not an admin: 403."""

    @wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse | StreamingHttpResponse:
        if not (request.user.is_authenticated and request.user.is_admin):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return login_required(checked)


def as_of(request: HttpRequest) -> datetime:
    """`?at=` as an aware time, or now. Raises Http404 for what is no time."""
    text = request.GET.get("at", "")
    if not text:
        return max(business_now(), timezone.now())
    try:
        at = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        at = None
    if at is None:
        raise Http404("Write the time as 2026-01-31T12:00+00:00.")
    return at if timezone.is_aware(at) else at.replace(tzinfo=timezone.get_current_timezone())


@admin_only
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Exceptions first, then the money funnel by currency, then the compute funnel."""
    at = as_of(request)
    context = {
        "at": at,
        "findings": [*money_findings(), *compute_findings(now=timezone.now())],
        "at_risk": projects_at_risk(now=business_now()),
        "money": money_summaries(at=at),
        "compute": compute_summary(at=at),
    }
    return render(request, "dashboard/overview.html", context)


@admin_only
@require_safe
def rows(request: HttpRequest, key: str) -> HttpResponse | StreamingHttpResponse:
    """The rows behind a figure: a page of them, or all as CSV."""
    source = SOURCES.get(key)
    if source is None:
        raise Http404("There are no such rows.")
    project = request.GET.get("project", "")
    if project and not project.isdecimal():
        raise Http404("A project is given by its number.")
    at = as_of(request)
    found = source.rows(at, int(project) if project else None)
    if request.GET.get("format") == "csv":
        streamed = found.iterator(chunk_size=1000) if hasattr(found, "iterator") else found
        return csv_response(f"{key}-{at:%Y%m%dT%H%M%S}", source, streamed)
    page = max(int(request.GET.get("page", "1")), 1) if request.GET.get("page", "1").isdecimal() else 1
    shown = list(islice(iter(found[(page - 1) * PAGE : page * PAGE + 1]), PAGE + 1))
    context = {
        "key": key,
        "source": source,
        "cells": source.cells(shown[:PAGE]),
        "at": at,
        "project": project,
        "page": page,
        "has_next": len(shown) > PAGE,
    }
    return render(request, "dashboard/rows.html", context)
