"""A project for machines that read: schema.org's ResearchProject with a grant of money and one of GPU time."""

from __future__ import annotations

import json
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from projects.models import Project
from projects.sharing.addresses import site
from projects.totals import Totals
from values.gpu_time import MICROSECONDS_PER_HOUR
from values.money import Money
from values.numbers import decimal_words

_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def linked_data(project: Project, totals: Totals) -> SafeString:
    """JSON-LD that is safe inside a script element: no text can end it, and browsers run no data."""
    text = json.dumps(research_project(project, totals), ensure_ascii=False).translate(_ESCAPES)
    return mark_safe(text)  # noqa: S308  # reason: what could end the element is escaped above


def research_project(project: Project, totals: Totals) -> dict[str, Any]:
    """`project.creator` is loaded."""
    return {
        "@context": "https://schema.org", "@type": "ResearchProject", "name": project.title,
        "description": project.promise, "url": site(project.get_absolute_url()),
        "image": site(reverse("pages:share_image", args=[project.slug])),
        "founder": {"@type": "Person", "name": project.creator.public_name},
        "foundingDate": (project.launched_at or project.created_at).date().isoformat(),
        "keywords": [tag for tag in project.tags.split(", ") if tag],
        "knowsLanguage": [tag for tag in project.languages.split(", ") if tag],
        "funding": [*_money(project, totals), *_compute(project, totals)],
    }  # fmt: skip


def _money(project: Project, totals: Totals) -> list[dict[str, Any]]:
    if not (project.funding_minimum or project.funding_stretch):
        return []
    pledged = Money(max(totals.money_pledged, totals.money_realized), project.currency)
    amount = {"@type": "MonetaryAmount", "currency": project.currency, "value": str(pledged.decimal)}
    return [
        {"@type": "MonetaryGrant", "name": gettext("Pledges of money"), "amount": amount, "funder": _backers(project)}
    ]


def _compute(project: Project, totals: Totals) -> list[dict[str, Any]]:
    if not (project.compute_minimum_us or project.compute_stretch_us):
        return []
    hours = max(totals.compute_pledged, totals.compute_realized) / MICROSECONDS_PER_HOUR
    words = gettext("%(hours)s H100-equivalent GPU-hours pledged") % {"hours": decimal_words(hours, 2)}
    return [
        {"@type": "Grant", "name": gettext("Pledges of GPU time"), "description": words, "funder": _backers(project)}
    ]


def _backers(project: Project) -> dict[str, Any]:
    return {"@type": "Organization", "name": gettext("Backers of %(title)s") % {"title": project.title}}
