"""Rows of projects on pages that know nothing of how they are found."""

from __future__ import annotations

from django import template

from clock.services import business_now
from projects.discovery.rows import Row, similar_to, start_rows
from projects.models import Collection, Project, SavedSearch

register = template.Library()


@register.simple_tag
def rows_to_start_with() -> list[Row]:
    """Of the start page."""
    return start_rows(business_now())


@register.simple_tag
def collections_shown() -> list[Collection]:
    """The newest ones."""
    return list(Collection.objects.filter(is_shown=True)[:4])


@register.simple_tag
def similar_projects(project: Project) -> list[Project]:
    """Beside a project."""
    return similar_to(project)


@register.simple_tag
def rhythms() -> list[tuple[str, str]]:
    """How often a saved search is looked at."""
    return [(value, str(label)) for value, label in SavedSearch.Every.choices]
