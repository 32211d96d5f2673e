"""A project on other sites: a card in a frame, a badge as a picture, and oEmbed, which finds both by itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import Resolver404, resolve, reverse
from django.utils.html import format_html
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from clock.services import business_now
from projects.discovering import cards_of
from projects.meters import meters_of
from projects.models import Project
from projects.sharing.addresses import site
from projects.totals import totals_of

CARD_WIDTH, CARD_HEIGHT = 420, 420
FRESH = {"Cache-Control": "public, max-age=300"}


def _public(slug: str) -> Project:
    return get_object_or_404(Project.objects.public().select_related("creator"), slug=slug)


@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type]  # reason: its types forget the parts of addresses
@require_safe
@cache_control(public=True, max_age=300)
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """The project's card for a frame on any site: nothing in it acts for who looks."""
    (shown,) = cards_of([_public(slug)], business_now())
    return render(request, "sharing/card.html", {"card": shown})


@require_safe
@cache_control(public=True, max_age=300)
def badge(request: HttpRequest, slug: str) -> HttpResponse:
    """A picture of two figures for a README."""
    project = _public(slug)
    meters = meters_of(project, totals_of([project])[project.pk])
    parts, left = [], 112
    for meter in meters:
        width = 18 + 7 * len(meter.share)
        parts.append({"kind": meter.kind, "share": meter.share, "x": left, "width": width, "middle": left + width / 2})
        left += width
    context = {"project": project, "parts": parts, "width": left}
    return render(request, "sharing/badge.svg", context, content_type="image/svg+xml")


@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]  # reason: as above
@require_safe
def snippets(request: HttpRequest, slug: str) -> HttpResponse:
    """What to copy: the card's frame, the badge in Markdown and HTML."""
    project = _public(slug)
    address, image = site(project.get_absolute_url()), site(reverse("projects:badge", args=[slug]))
    context = {
        "project": project, "frame": frame_of(project), "address": address,
        "markdown": f"[![{_plain(project.title)}]({image})]({address})",
        "html": format_html('<a href="{}"><img src="{}" alt="{}"></a>', address, image, project.title),
    }  # fmt: skip
    return render(request, "sharing/snippets.html", context)


def frame_of(project: Project, width: int = CARD_WIDTH, height: int = CARD_HEIGHT) -> str:
    """The card as HTML for another site."""
    return format_html(
        '<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy" style="border:0;max-width:100%"></iframe>',
        site(reverse("projects:card", args=[project.slug])), width, height, project.title,
    )  # fmt: skip


@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """OEmbed 1.0 for addresses of projects, as JSON. 404 for other addresses, 501 for other forms."""
    if request.GET.get("format", "json") != "json":
        return HttpResponse(status=501)
    project = _public(_slug_of(request.GET.get("url", "")))
    width, height = _at_most(request, "maxwidth", CARD_WIDTH), _at_most(request, "maxheight", CARD_HEIGHT)
    told: dict[str, Any] = {
        "version": "1.0", "type": "rich", "title": project.title, "author_name": project.creator.public_name,
        "provider_name": settings.PLATFORM_NAME, "provider_url": settings.SITE_URL, "cache_age": 300,
        "html": frame_of(project, width, height), "width": width, "height": height,
        "thumbnail_url": site(reverse("pages:share_image", args=[project.slug])), "thumbnail_width": 1200,
        "thumbnail_height": 630,
    }  # fmt: skip
    return JsonResponse(told, headers={**FRESH, "Access-Control-Allow-Origin": "*"})


def _slug_of(address: str) -> str:
    """Raises Http404 for what is no project of ours."""
    try:
        ours, asked = urlsplit(settings.SITE_URL), urlsplit(address)
        match = resolve(asked.path)
    except (ValueError, Resolver404) as error:
        raise Http404 from error
    if asked.netloc != ours.netloc or match.view_name != "projects:detail":
        raise Http404
    return str(match.kwargs["slug"])


def _at_most(request: HttpRequest, name: str, usual: int) -> int:
    text = request.GET.get(name, "")
    return min(usual, int(text)) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else usual


def _plain(text: str) -> str:
    """Without what Markdown would read."""
    return "".join(letter for letter in text if letter not in "[]()\\`*_<>!\n")
