"""What search engines are told: robots.txt and the map of the site."""

from __future__ import annotations

from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from projects.models import Project
from projects.sharing.addresses import site

# What a map may hold at most, less room for the site's own pages.
MOST = 49_000
OWN = (
    "projects:home", "projects:discover", "compute:people", "compute:teams", "compute:statistics", "compute:worker",
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
    """Our own pages and every public project, in one query."""
    projects = Project.objects.public().order_by("pk")
    rows = projects.annotate(at=Coalesce("launched_at", "created_at")).values_list("slug", "at")[:MOST]
    entries = [(site(reverse(name)), None) for name in OWN]
    entries += [(site(reverse("projects:detail", args=[slug])), at) for slug, at in rows]
    return render(request, "sharing/sitemap.xml", {"entries": entries}, content_type="application/xml")
