"""What search engines are told: robots.txt and the map of the site."""

from __future__ import annotations

from datetime import datetime

from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from projects.models import Collection, Project
from projects.sharing.addresses import site

# What a map may hold at most, less room for the site's own pages.
MOST, MOST_COLLECTIONS = 48_000, 1000
OWN = (
    "projects:home", "projects:discover", "projects:collections", "projects:all_promises", "pages:figures",
    "pages:calendar", "compute:people", "compute:teams", "compute:statistics", "compute:worker",
    "api:reference",
)  # fmt: skip
CLOSED = ("/accounts/", "/funding/", "/review/", "/staff/", "/pledges/", "/gpu/", "/identity/", "/demo/", "/api/")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Everything public may be read; searches by facet are endless and stay out."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), "Disallow: /discover/?", ""]
    lines.append(f"Sitemap: {site(reverse('projects:sitemap'))}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap(request: HttpRequest) -> HttpResponse:
    """Our own pages, collections that are shown and every public project, in two queries."""
    projects = Project.objects.public().order_by("pk")
    rows = projects.annotate(at=Coalesce("launched_at", "created_at")).values_list("slug", "at")[:MOST]
    entries: list[tuple[str, datetime | None]] = [(site(reverse(name)), None) for name in OWN]
    shown = Collection.objects.filter(is_shown=True).values_list("slug", "made_at")
    entries += [(site(reverse("projects:collection", args=[slug])), at) for slug, at in shown[:MOST_COLLECTIONS]]
    entries += [(site(reverse("projects:detail", args=[slug])), at) for slug, at in rows]
    return render(request, "sharing/sitemap.xml", {"entries": entries}, content_type="application/xml")
