"""The reference of the API, from its own document: no script, nothing fetched from elsewhere."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.reference.reading import operations
from api.rest.document import WHEN, WHEN_CONFLICT
from api.rest.problems import CODES, CONFLICT
from api.scopes import SCOPES


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Every operation with its fields, an example and a line for the shell."""
    tags = [(tag, list(found)) for tag, found in groupby(operations(), key=lambda operation: operation.tag)]
    problems = [(status, code, WHEN.get(status, "")) for status, code in CODES.items()]
    problems.insert([*CODES].index(409) + 1, (409, CONFLICT, WHEN_CONFLICT))
    context = {"tags": tags, "scopes": SCOPES.items(), "problems": problems}
    return render(request, "api/reference.html", context)
