"""The start page and the list of projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from clock.services import business_now
from projects.discovering import Card, cards_of
from projects.discovery.asking import BEST, SORTS, Asked, asked_of, found
from projects.discovery.facets import Facet, facets, label_of
from projects.discovery.keeping import kept
from projects.models import Project

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of what was asked for, the same for everybody; `is_alike`: found by spelling, not by the words."""

    cards: tuple[Card, ...]
    facets: tuple[Facet, ...]
    is_alike: bool
    count: int
    number: int
    pages: int


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The start page: one sentence, two doors, the run that moved last, and rows that lead on."""
    return render(request, "projects/home.html", {"sorts": SORTS, "kinds": Project.ModelKind.choices})


@require_safe
def discover(request: HttpRequest) -> HttpResponse:
    """Public projects by words and facets."""
    asked, number = asked_of(request.GET), request.GET.get("page", "")
    listing = kept(f"discover {get_language()} {number} {asked.query}", lambda: _listing(asked, number))
    context = {
        "listing": listing,
        "cards": listing.cards,
        "facets": listing.facets,
        "asked": asked,
        "sorts": (BEST, *SORTS[1:]) if asked.text else SORTS,
        "chosen": _chosen(asked),
    }
    return render(request, "projects/discover.html", context)


def _listing(asked: Asked, number: str) -> Listing:
    projects, matched = found(asked)
    page = Paginator(projects.listed(), PAGE_SIZE).get_page(number)
    return Listing(
        cards=tuple(cards_of(list(page.object_list), business_now())),
        facets=facets(asked, matched),
        is_alike=bool(matched and matched.is_alike and matched.ids),
        count=page.paginator.count,
        number=page.number,
        pages=page.paginator.num_pages,
    )


def _chosen(asked: Asked) -> list[dict[str, Any]]:
    """What narrows the list, each with the address without it."""
    return [
        {"label": label_of(name, value), "query": asked.without(name, value).query}
        for name, values in asked.chosen.items()
        for value in values
    ]
