"""From the name under which a deed was kept to the page of what it was done to."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

PAGES = {
    "payout": "pages:payout",
    "pledge": "pages:acting_pledge",
    "user": "pages:acting_person",
    "difference": "pages:difference",
    "project": "pages:project_by_number",
    "device": "pages:acting_device",
    "invoice": "pages:acting_invoice",
}


def page_of_subject(subject: str) -> str:
    """Its address; empty for what has none."""
    kind, _, key = subject.partition(":")
    try:
        return reverse(PAGES[kind], args=[key])
    except (KeyError, NoReverseMatch):
        return ""
