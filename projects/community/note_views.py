"""Lab notes: their list, one with its citation, and where they are written."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from projects.backing import backs
from projects.community import notes as services
from projects.community.citing import bibtex_of, citation_of
from projects.community.note_forms import LabNoteForm, typed_note
from projects.conflicts import Shown
from projects.errors import ChangedElsewhere, NoteRefused
from projects.markdown import render_markdown
from projects.models import LabNote, Project
from projects.roles import can

A_PAGE = 20


def public_project(slug: str) -> Project:
    """A project that everyone may see. Raises Http404."""
    return get_object_or_404(Project.objects.public().select_related("creator"), slug=slug)


@require_safe
def notes(request: HttpRequest, slug: str) -> HttpResponse:
    """All notes of a project, newest first; whoever writes them sees drafts above."""
    project = public_project(slug)
    rows = project.lab_notes.published().order_by("-number")
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 10:
        rows = rows.filter(number__lt=int(before))
    found = list(rows[: A_PAGE + 1])
    may_write = can(request.user, project, "write_notes")
    context = {
        "project": project,
        "notes": found[:A_PAGE],
        "older": found[A_PAGE - 1].number if len(found) > A_PAGE else None,
        "may_write": may_write,
        "reads_backers_notes": may_write or backs(request.user, project),
        "drafts": list(project.lab_notes.filter(published_at=None).order_by("-pk")) if may_write else [],
    }
    return render(request, "projects/notes/list.html", context)


def _readable(request: HttpRequest, slug: str, number: int) -> LabNote:
    """Raises Http404 for a note that is not there. A backers' note asks a stranger to back, see `note`."""
    rows = LabNote.objects.published().select_related("project__creator", "author")
    return get_object_or_404(rows, project=public_project(slug), number=number)


@require_safe
def note(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One note; of one for backers, others see its title and how to become one."""
    found = _readable(request, slug, number)
    context = {
        "project": found.project, "note": found, "is_readable": services.may_read(request.user, found),
        "citation": citation_of(found), "bibtex": bibtex_of(found), "changes": list(found.changes.all()),
        "may_write": can(request.user, found.project, "write_notes"),
    }  # fmt: skip
    return render(request, "projects/notes/note.html", context)


@require_safe
def note_bibtex(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The note's BibTeX entry as a file."""
    found = _readable(request, slug, number)
    answer = HttpResponse(bibtex_of(found), content_type="application/x-bibtex; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{found.project.slug}-note-{found.number}.bib"'
    return answer


def _writers_project(request: HttpRequest, slug: str) -> Project:
    project = get_object_or_404(Project.objects.select_related("creator"), slug=slug)
    if not can(request.user, project, "write_notes"):
        raise PermissionDenied
    return project


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def write_note(request: HttpRequest, slug: str) -> HttpResponse:
    """A new note."""
    return _write(request, _writers_project(request, slug), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_note(request: HttpRequest, slug: str, note_id: int) -> HttpResponse:
    """A draft, or a published note to be changed in the open."""
    project = _writers_project(request, slug)
    found = project.lab_notes.select_related("project").filter(pk=note_id).first()
    if found is None:
        raise Http404(gettext("There is no such note."))
    try:
        return _write(request, project, found)
    except ChangedElsewhere:
        return edit_note(request, slug, note_id)


@login_required
@require_POST
def discard_note(request: HttpRequest, slug: str, note_id: int) -> HttpResponse:
    """Throw a draft away."""
    project = _writers_project(request, slug)
    try:
        services.discard_draft(project=project, by=signed_in(request), note_id=note_id)
    except NoteRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The draft is gone."))
    return redirect("projects:notes", slug=slug)


def _write(request: HttpRequest, project: Project, found: LabNote | None) -> HttpResponse:
    """Raises ChangedElsewhere where somebody saved `found` after it was read."""
    is_published = found is not None and found.published_at is not None
    is_preview = "preview" in request.POST
    typed: dict[str, Any] = request.POST.dict() if is_preview else typed_note(found) if found else {}
    form = LabNoteForm(
        None if is_preview else request.POST or None, initial=typed, project=project, is_published=is_published
    )
    shown = Shown(LabNoteForm, typed_note(found), stamp=str(found.version)) if found else None
    conflict = shown.conflict(request.POST) if shown and form.is_bound else []
    if form.is_bound and not conflict and form.is_valid():
        try:
            saved = _keep(request, project, found, form.cleaned_data)
        except NoteRefused as error:
            form.add_error(None, str(error))
        else:
            return redirect(saved)
    context = {
        "project": project, "form": form, "note": found, "is_published": is_published, "conflict": conflict,
        "version": request.POST.get("version", "") if is_preview or shown is None else shown.version,
        "preview": render_markdown(request.POST.get("body", "")[:40_000]) if is_preview else "",
    }  # fmt: skip
    return render(
        request, "projects/notes/write.html", context, status=409 if conflict else 422 if form.is_bound else 200
    )


def _keep(request: HttpRequest, project: Project, found: LabNote | None, data: dict[str, Any]) -> LabNote:
    """Raises NoteRefused, ChangedElsewhere."""
    by, now = signed_in(request), business_now()
    words = services.Words(data["title"], data["body"], data["audience"])
    note_id, version = (found.pk, found.version) if found else (None, None)
    if found is not None and found.published_at is not None:
        services.change_note(note=found, by=by, words=words, reason=data["reason"], version=found.version, now=now)
        messages.success(request, _("Changed. What it said before stays readable below it."))
        return found
    if "draft" in request.POST or data["publish_at"]:
        saved = services.save_draft(
            project=project, author=by, words=words, publish_at=data["publish_at"], note_id=note_id, version=version,
            now=now,
        )  # fmt: skip
        done = (
            _("Saved; it publishes itself then.") if saved.publish_at else _("Saved as a draft. Only the team sees it.")
        )
        messages.success(request, done)
        return saved
    published = services.publish_note(
        project=project, author=by, title=words.title, body=words.body, audience=words.audience, note_id=note_id,
        version=version, now=now,
    )  # fmt: skip
    messages.success(request, _("Published. Backers and followers are told as they have chosen."))
    return published
