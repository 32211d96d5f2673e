"""Where a team writes its answers for good."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.current import signed_in
from clock.services import business_now
from projects.community.comment_forms import FaqForm, FaqFormSet
from projects.community.faq import Entry, answer_for_good, typed_faq, write_faq
from projects.community.moderating import may_moderate
from projects.conflicts import Shown
from projects.errors import ChangedElsewhere, CommentRefused
from projects.models import Comment, Project
from projects.review.lines import open_comments_of


def _team_project(request: HttpRequest, slug: str) -> Project:
    project = get_object_or_404(Project.objects.select_related("creator"), slug=slug)
    if not may_moderate(signed_in(request), project):
        raise PermissionDenied
    return project


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_faq(request: HttpRequest, slug: str) -> HttpResponse:
    """The whole list at once."""
    project = _team_project(request, slug)
    typed = typed_faq(project)
    rows, shown = (
        FaqFormSet(request.POST or None, initial=typed, prefix="faq"),
        Shown(FaqFormSet, typed, "faq", _("Question")),
    )
    conflict = shown.conflict(request.POST)
    if rows.is_bound and not conflict and rows.is_valid():
        try:
            write_faq(
                project=project, by=signed_in(request), entries=_entries(rows), version=shown.version,
                now=business_now(),
            )  # fmt: skip
        except ChangedElsewhere:
            return edit_faq(request, slug)
        except CommentRefused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("projects:edit_faq", slug=slug)
    context = {
        "project": project, "rows": rows, "said": open_comments_of(project, "faq"), "conflict": conflict,
        "version": shown.version,
    }  # fmt: skip
    return render(
        request, "projects/discussion/faq.html", context, status=409 if conflict else 422 if rows.is_bound else 200
    )


def _entries(rows: Any) -> list[Entry]:
    kept = [row for row in rows if row.has_changed() or row in rows.initial_forms]
    typed = [row.cleaned_data for row in kept if not row.cleaned_data.get("DELETE")]
    typed.sort(key=lambda data: data.get("ORDER") or 10**6)
    return [Entry(data["question"], data["answer"], data.get("pk")) for data in typed if data.get("question")]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def to_faq(request: HttpRequest, slug: str, comment_id: int) -> HttpResponse:
    """Answer a question of the discussion for good."""
    project = _team_project(request, slug)
    comment = get_object_or_404(Comment.objects.select_related("project"), project=project, pk=comment_id)
    first_line = (comment.body.splitlines() or [""])[0][:200] if comment.deleted_at is None else ""
    form = FaqForm(request.POST or None, initial={"question": first_line})
    if form.is_bound and form.is_valid():
        words = {name: form.cleaned_data[name] for name in ("question", "answer")}
        try:
            answer_for_good(comment=comment, by=signed_in(request), now=business_now(), **words)
        except CommentRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("It is among the answers now."))
            return redirect("projects:edit_faq", slug=slug)
    context = {"project": project, "form": form, "comment": comment}
    return render(request, "projects/discussion/to_faq.html", context, status=422 if form.is_bound else 200)
