"""Files that the papers of money are handed out as."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse, StreamingHttpResponse

from values.csv_lines import csv_lines
from values.texts import Text


def csv_download(name: str, labels: Iterable[Text], rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """All rows, streamed, so that memory does not grow with them."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(
        csv_lines([str(label) for label in labels], rows), content_type="text/csv; charset=utf-8", headers=headers
    )


def pdf_download(name: str, content: bytes) -> HttpResponse:
    """A finished PDF."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
