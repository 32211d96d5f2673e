"""Collections that staff makes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record_action
from projects.conflicts import only_over
from projects.errors import CollectionRefused
from projects.markdown import render_markdown
from projects.models import Collection, CollectionEntry, Project

MOST = 50
RESERVED = ("new",)


def typed_collection(collection: Collection) -> dict[str, Any]:
    """A collection as its form shows it."""
    slugs = collection.entries.values_list("project__slug", flat=True)
    return {
        "title": collection.title, "text": collection.text, "slugs": "\n".join(slugs), "is_shown": collection.is_shown,
    }  # fmt: skip


@transaction.atomic
def write_collection(
    *, collection: Collection | None, by: User, title: str, text: str, slugs: Sequence[str], is_shown: bool,
    now: datetime, version: str | None = None,
) -> Collection:  # fmt: skip
    """Make or change one; its projects are in the order of `slugs`. Raises CollectionRefused, ChangedElsewhere."""
    if not by.is_admin:
        raise CollectionRefused(_("Collections are made by staff."))
    wanted = list(dict.fromkeys(slugs))
    if not 1 <= len(wanted) <= MOST:
        raise CollectionRefused(_("A collection has 1 to 50 projects."))
    known = dict(Project.objects.public().filter(slug__in=wanted).values_list("slug", "pk"))
    if missing := [slug for slug in wanted if slug not in known]:
        raise CollectionRefused(_("No public project has the address %(slug)s.") % {"slug": missing[0][:80]})
    if collection is None:
        made = Collection(slug=_free_slug(title), made_by=by, made_at=now)
        _fill(made, title, text, [known[slug] for slug in wanted], is_shown)
    else:
        made = Collection.objects.select_for_update().get(pk=collection.pk)
        with only_over(version, lambda: typed_collection(made)):
            _fill(made, title, text, [known[slug] for slug in wanted], is_shown)
    record_action(
        actor=by, action="collection", subject=made.slug, reason=_("Written, with its projects in order."),
        details={"projects": wanted, "is_shown": is_shown}, now=now,
    )  # fmt: skip
    return made


def _fill(made: Collection, title: str, text: str, projects: list[int], is_shown: bool) -> None:
    made.title, made.text, made.text_html, made.is_shown = title, text, render_markdown(text), is_shown
    made.save()
    made.entries.all().delete()
    CollectionEntry.objects.bulk_create(
        CollectionEntry(collection=made, project_id=pk, place=place) for place, pk in enumerate(projects)
    )


def _free_slug(title: str) -> str:
    slug = slugify(title)[:60] or "collection"
    if slug in RESERVED or Collection.objects.filter(slug=slug).exists():
        return f"{slug}-{get_random_string(6).lower()}"
    return slug


def projects_in(collection: Collection) -> list[Project]:
    """The public ones, in order. One query."""
    entries = collection.entries.exclude(project__state__in=Project.PRIVATE_STATES)
    return [entry.project for entry in entries.select_related("project__creator")]
