"""A project's discussion: its pages, writing, and what authors and moderators do with what is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in, watcher
from clock.services import business_now
from projects.community import comments as services
from projects.community import moderating
from projects.community.comment_forms import CommentForm
from projects.community.note_views import public_project
from projects.community.notes import may_read
from projects.community.threads import read_discussion, threads_of
from projects.conflicts import Shown
from projects.errors import ChangedElsewhere, CommentRefused
from projects.models import Comment, LabNote, Project


def _number(text: str | None) -> int:
    """Zero, which nothing has, for what is no number."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


@require_safe
def discussion(request: HttpRequest, slug: str) -> HttpResponse:
    """All threads of a project, or its questions that wait for an answer."""
    project = public_project(slug)
    threads = threads_of(project)
    wanted = request.GET.get("show", "")
    if wanted in ("questions", "open"):
        threads = threads.filter(kind=Comment.Kind.QUESTION)
        threads = threads.filter(answered_at=None) if wanted == "open" else threads
    found = read_discussion(
        project=project, threads=threads, reader=watcher(request), now=business_now(),
        before=_number(request.GET.get("before")),
    )  # fmt: skip
    context = {"project": project, "discussion": found, "show": wanted, "form": CommentForm()}
    return render(request, "projects/discussion/page.html", context)


@require_safe
def thread(request: HttpRequest, slug: str, comment_id: int) -> HttpResponse:
    """One thread by itself: the address of each of its comments."""
    project = public_project(slug)
    root = get_object_or_404(project.comments.select_related("note__project"), pk=comment_id, thread=None)
    if root.note is not None and not may_read(request.user, root.note):
        raise Http404(gettext("This discussion belongs to a note for backers."))
    rows = project.comments.filter(pk=root.pk)
    found = read_discussion(project=project, threads=rows, reader=watcher(request), now=business_now())
    context = {"project": project, "discussion": found, "root": root, "form": CommentForm()}
    return render(request, "projects/discussion/thread.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a thread or an answer. A refused form keeps the words."""
    project = public_project(slug)
    place = _place(request, project)
    form = CommentForm(request.POST or None, initial={"kind": request.GET.get("kind", "")})
    if form.is_bound and form.is_valid():
        author, now = signed_in(request), business_now()
        try:
            made = services.write_comment(place=place, author=author, now=now, **form.cleaned_data)
        except CommentRefused as error:
            form.add_error(None, str(error))
        else:
            return redirect(made)
    context = {"project": project, "form": form, "place": place}
    return render(request, "projects/discussion/write.html", context, status=422 if form.is_bound else 200)


def _place(request: HttpRequest, project: Project) -> services.Place:
    """Where the words are to stand. Raises Http404 for a place that is not there or not for this reader."""
    named: dict[str, Any] = {**request.GET.dict(), **request.POST.dict()}
    root = note = None
    if named.get("thread"):
        root = project.comments.select_related("author", "note__project").filter(pk=_number(named["thread"])).first()
    if named.get("note"):
        rows = LabNote.objects.published().select_related("project").filter(project=project)
        note = rows.filter(number=_number(named["note"])).first()
    over = (root.note if root else None) or note
    is_lost = (named.get("thread") and root is None) or (named.get("note") and note is None)
    if is_lost or (over is not None and not may_read(request.user, over)):
        raise Http404(gettext("There is no such place."))
    return services.Place(project, note, root)


def _comment(slug: str, comment_id: int) -> Comment:
    rows = Comment.objects.select_related("project", "author").filter(project__in=Project.objects.public())
    return get_object_or_404(rows, project__slug=slug, pk=comment_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, comment_id: int) -> HttpResponse:
    """Correct one's own words."""
    comment = _comment(slug, comment_id)
    if comment.author_id != signed_in(request).pk:
        raise Http404(gettext("There is no such comment of yours."))
    saved = {"body": comment.body}
    form, shown = CommentForm(request.POST or None, initial=saved), Shown(CommentForm, saved)
    conflict = shown.conflict(request.POST)
    if form.is_bound and not conflict and form.is_valid():
        body = form.cleaned_data["body"]
        try:
            services.edit_comment(
                comment=comment, by=signed_in(request), body=body, version=shown.version, now=business_now()
            )
        except ChangedElsewhere:
            return edit(request, slug, comment_id)
        except CommentRefused as error:
            form.add_error(None, str(error))
        else:
            return redirect(comment)
    context = {
        "project": comment.project, "form": form, "comment": comment, "conflict": conflict, "version": shown.version,
    }  # fmt: skip
    status = 409 if conflict else 422 if form.is_bound else 200
    return render(request, "projects/discussion/write.html", context, status=status)


def _act(request: HttpRequest, comment: Comment, deed: Callable[..., object], done: str, **facts: Any) -> HttpResponse:
    try:
        deed(comment=comment, by=signed_in(request), now=business_now(), **facts)
    except CommentRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect(comment)


@login_required
@require_POST
def delete(request: HttpRequest, slug: str, comment_id: int) -> HttpResponse:
    """Take one's own words away."""
    comment = _comment(slug, comment_id)
    if comment.author_id != signed_in(request).pk:
        raise Http404(gettext("There is no such comment of yours."))
    return _act(request, comment, services.delete_comment, _("Your words are gone."))


def _moderated(request: HttpRequest, slug: str, comment_id: int) -> Comment:
    comment = _comment(slug, comment_id)
    if not moderating.may_moderate(signed_in(request), comment.project):
        raise Http404(gettext("There is no such comment to moderate."))
    return comment


@login_required
@require_POST
def hide(request: HttpRequest, slug: str, comment_id: int) -> HttpResponse:
    """Hide with a reason, or show again."""
    comment = _moderated(request, slug, comment_id)
    if request.POST.get("wants") == "show":
        return _act(request, comment, moderating.show_comment, _("Shown again."))
    reason = request.POST.get("reason", "")
    return _act(request, comment, moderating.hide_comment, _("Hidden. Its author reads why."), reason=reason)


@login_required
@require_POST
def lock(request: HttpRequest, slug: str, comment_id: int) -> HttpResponse:
    """Close a thread, or open it again."""
    comment = _moderated(request, slug, comment_id)
    is_locked = request.POST.get("wants") != "open"
    done = _("The thread takes no more answers.") if is_locked else _("The thread is open again.")
    return _act(request, comment, moderating.lock_thread, done, is_locked=is_locked)


@login_required
@require_POST
def answered(request: HttpRequest, slug: str, comment_id: int) -> HttpResponse:
    """A question is answered, or open again."""
    comment = _comment(slug, comment_id)
    if comment.author_id != signed_in(request).pk:
        comment = _moderated(request, slug, comment_id)
    is_answered = request.POST.get("wants") != "open"
    done = _("Marked as answered.") if is_answered else _("Marked as open.")
    return _act(request, comment, moderating.mark_answered, done, is_answered=is_answered)
