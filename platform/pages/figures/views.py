"""The public page of the platform's figures."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from clock.services import business_now
from pages.figures.reading import figures

KEPT_SECONDS = 60


@require_safe
def platform_figures(request: HttpRequest) -> HttpResponse:
    """Taken afresh once a minute."""
    key = f"figures:{get_language()}"
    found = cache.get(key)
    if found is None:
        found = figures(business_now())
        cache.set(key, found, KEPT_SECONDS)
    return render(request, "pages/figures.html", found)
