"""Pieces of pages that depend on nothing but what they are given: drawn once by a process, then remembered.

`{% drawn "projects/_card.html" card=card tile=True %}` is an include that sees its values alone, neither the page
around it nor who asks. What it is given must be hashable and never change (a frozen dataclass, a tuple, a number, a
string): equal values in one language give one piece, which is therefore never old. The least used are forgotten first.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

MOST_PIECES = 4096

register = template.Library()


@register.simple_tag
def drawn(name: str, **values: Hashable) -> SafeString:
    """The template with these values. Raises TypeError for a value that may change."""
    return _drawn(name, get_language(), get_current_timezone_name(), **values)


@lru_cache(maxsize=MOST_PIECES, typed=True)
def _drawn(name: str, _language: str | None, _time_zone: str, **values: Hashable) -> SafeString:
    return mark_safe(get_template(name).render(values))  # noqa: S308  # reason: a template's own output
