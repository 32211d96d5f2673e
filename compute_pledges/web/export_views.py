"""Certificates and exports: the account's own, and a run's public figures."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.current import signed_in
from compute_pledges.standing.certificate import ACROSS, DOWN, Certificate, certificate_of, file_name
from compute_pledges.standing.certificate_pdf import certificate_pdf, names_on_paper
from compute_pledges.standing.exports import BLOCK_FIELDS, ROUND_FIELDS, blocks_of, json_lines, rounds_of
from compute_pledges.web.run_views import visible_run
from values.csv_lines import csv_lines

CELL = 10


def _certificate(request: HttpRequest, run_id: UUID) -> Certificate:
    """Raises Http404 where nothing of the account is verified in the run."""
    run = visible_run(run_id)
    found = certificate_of(run=run, holder=signed_in(request), now=timezone.now())
    if found is None:
        raise Http404(gettext("Nothing of yours is verified in this run yet."))
    return found


@login_required
@require_safe
def certificate(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """A page that prints."""
    found = _certificate(request, run_id)
    cells = [(x * CELL + 0.5, y * CELL + 0.5, depth) for x, y, depth in found.border]
    context = {
        "certificate": found, "cells": cells, "width": ACROSS * CELL, "height": DOWN * CELL,
        "paper": names_on_paper(found),
    }  # fmt: skip
    return render(request, "standing/certificate.html", context)


@login_required
@require_safe
def certificate_file(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The same as PDF."""
    headers = {"Content-Disposition": f'attachment; filename="{file_name(run_id)}.pdf"'}
    content = certificate_pdf(_certificate(request, run_id))
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _export(
    name: str, ending: str, fields: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    if ending == "csv":
        return StreamingHttpResponse(csv_lines(fields, rows), content_type="text/csv; charset=utf-8", headers=headers)
    return StreamingHttpResponse(json_lines(fields, rows), content_type="application/json", headers=headers)


@login_required
@require_safe
def own_blocks(request: HttpRequest, ending: str) -> StreamingHttpResponse:
    """Every block of the account's machines."""
    return _export("commonweave-blocks", ending, BLOCK_FIELDS, blocks_of(user_id=signed_in(request).pk))


@require_safe
def run_rounds(request: HttpRequest, run_id: UUID, ending: str) -> StreamingHttpResponse:
    """A run by round, for everyone."""
    run = visible_run(run_id)
    return _export(f"commonweave-run-{str(run_id)[:8]}", ending, ROUND_FIELDS, rounds_of(run=run))
