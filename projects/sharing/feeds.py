"""Atom feeds: new projects, a search, and lab notes of one project or of all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects.discovery.asking import LAUNCHED, asked_of, found
from projects.models import LabNote, Project
from projects.sharing.addresses import site, without_controls

ENTRIES = 30


@require_safe
def projects_feed(request: HttpRequest) -> HttpResponse:
    """Projects that were launched, the newest first."""
    launched = Project.objects.public().exclude(launched_at=None).select_related("creator").order_by(LAUNCHED)
    entries = map(_project_entry, launched[:ENTRIES])
    return _feed(request, _("New projects"), reverse("projects:discover"), entries)


@require_safe
def search_feed(request: HttpRequest) -> HttpResponse:
    """What a search finds, the newest first whatever its order was."""
    asked = asked_of(request.GET).sorted_by("newest")
    projects, _matched = found(asked)
    title = _("Projects: %(what)s") % {"what": asked.text or asked.query}
    entries = map(_project_entry, projects.select_related("creator")[:ENTRIES])
    return _feed(request, title, f"{reverse('projects:discover')}?{asked.query}", entries)


@require_safe
def notes_feed(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Lab notes that everyone may read, of one project or of all."""
    project = get_object_or_404(Project.objects.public(), slug=slug) if slug else None
    notes = public_notes().filter(project=project) if project else public_notes()
    title = _("Lab notes of %(project)s") % {"project": project.title} if project else _("Lab notes")
    link = project.get_absolute_url() if project else reverse("projects:discover")
    return _feed(request, title, link, map(_note_entry, notes[:ENTRIES]))


def public_notes() -> QuerySet[LabNote]:
    """Of public projects, the newest first, with project, author and `changed_at`."""
    notes = LabNote.objects.published().filter(audience=LabNote.Audience.PUBLIC)
    notes = notes.exclude(project__state__in=Project.PRIVATE_STATES)
    notes = notes.annotate(changed_at=Max("changes__changed_at"))
    return notes.select_related("project", "author").order_by("-published_at", "-pk")


def _feed(request: HttpRequest, title: str, link: str, entries: Iterable[dict[str, Any]]) -> HttpResponse:
    feed = Atom1Feed(
        title=f"{without_controls(title)} · {settings.PLATFORM_NAME}", link=site(link), description="",
        feed_url=site(request.get_full_path()), author_name=settings.PLATFORM_NAME,
    )  # fmt: skip
    for entry in entries:
        feed.add_item(**entry)
    headers = {"Cache-Control": "public, max-age=300"}
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type, headers=headers)


def _project_entry(project: Project) -> dict[str, Any]:
    return {
        "title": without_controls(project.title), "link": site(project.get_absolute_url()),
        "description": escape(without_controls(project.promise)), "pubdate": project.launched_at or project.created_at,
        "updateddate": project.launched_at or project.created_at,
        "author_name": without_controls(project.creator.public_name), "unique_id": site(project.get_absolute_url()),
    }  # fmt: skip


def _note_entry(note: Any) -> dict[str, Any]:
    address = site(note.get_absolute_url())
    return {
        "title": without_controls(f"{note.project.title}: {note.title}"), "link": address,
        "description": without_controls(note.body_html), "pubdate": note.published_at,
        "updateddate": note.changed_at or note.published_at,
        "author_name": without_controls(note.author.public_name), "unique_id": address,
    }  # fmt: skip
