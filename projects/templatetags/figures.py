"""Shares and numbers on screens: one place that writes them as the page's language does."""

from __future__ import annotations

from decimal import Decimal

from django import template

from values.numbers import percent_words

register = template.Library()


@register.filter
def percent(value: float | Decimal) -> str:
    """`42%`, `42 %` from 42."""
    return percent_words(value)
