"""The start page and the list of projects."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clock.services import business_now
from projects.discovering import cards_of
from projects.discovery.asking import BEST, FACETS, SORTS, Asked, asked_of, found
from projects.discovery.facets import facets, label_of
from projects.models import Project

PAGE_SIZE = 20


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The start page: one sentence, two doors, the run that moved last, and rows that lead on."""
    return render(request, "projects/home.html", {"sorts": SORTS, "kinds": Project.ModelKind.choices})


@require_safe
def discover(request: HttpRequest) -> HttpResponse:
    """Public projects by words and facets."""
    asked = asked_of(request.GET)
    projects, matched = found(asked)
    page = Paginator(projects.listed(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "cards": cards_of(list(page.object_list), business_now()),
        "page": page,
        "asked": asked,
        "is_alike": bool(matched and matched.is_alike and matched.ids),
        "sorts": (BEST, *SORTS[1:]) if asked.text else SORTS,
        "facets": facets(asked, matched),
        "chosen": _chosen(asked),
    }
    return render(request, "projects/discover.html", context)


def _chosen(asked: Asked) -> list[dict[str, Any]]:
    """What narrows the list, each with the address without it."""
    return [
        {"name": name, "value": asked.values[name], "label": label_of(name, asked.values[name]),
         "query": asked.changed(**{name: ""}).query}
        for name in FACETS if asked.values[name]
    ]  # fmt: skip
