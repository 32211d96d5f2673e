"""Pledges that look like fraud, with the reason in words and the way to hold them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from clock.services import business_now
from pages.dashboard.access import admin_only
from pages.dashboard.money_columns import pledge_link, project_link
from pages.dashboard.rows import Link, RowSource, csv_response
from payments.services import fraud


def _hold(signal: fraud.Signal) -> object:
    if signal.is_held:
        return gettext("on hold")
    return Link(gettext("Set hold"), "pages:set_hold", "pledge", signal.pledge.pk)


COLUMNS = (
    ("Made (UTC)", lambda row: row.pledge.created_at.isoformat(timespec="seconds")),
    ("Why", lambda row: row.words),
    ("Pledge", lambda row: pledge_link(row.pledge.pk)),
    ("Backer", lambda row: Link(row.pledge.backer.email, "pages:acting_person", row.pledge.backer_id)),
    ("Project", lambda row: project_link(row.pledge.project.slug)),
    ("Amount", lambda row: row.pledge.amount),
    ("State", lambda row: row.pledge.get_state_display()),
    ("Hold", _hold),
)  # fmt: skip


@admin_only
@require_safe
def signals(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Of the last 30 days, the newest first."""
    now = business_now()
    found = fraud.signals(now=now)
    source = RowSource(
        gettext("Fraud signals"), gettext("Reasons to look, not proof."), COLUMNS, lambda _at, _project: found
    )
    if request.GET.get("format") == "csv":
        return csv_response(f"signals-{now:%Y%m%dT%H%M%S}", source, found)
    context = {"source": source, "cells": source.cells(found), "at": now, "rules": fraud.RULES, "limit": fraud.LIMIT}
    return render(request, "dashboard/acting/signals.html", context)
