"""Addresses of ours in full, and text that XML and calendars can carry."""

from __future__ import annotations

import re

from django.conf import settings

# What XML 1.0 cannot hold, escaped or not.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def site(path: str) -> str:
    """A path of ours as an address."""
    return f"{settings.SITE_URL}{path}"


def without_controls(text: str) -> str:
    """People's text without the characters that XML forbids."""
    return _CONTROLS.sub("", text)
