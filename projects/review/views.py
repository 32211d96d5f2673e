"""The reviewers' queue and decisions; the creator's page of what was said about which paragraph."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from projects.creating_views import own_project
from projects.errors import ReviewRefused
from projects.meters import charge_rule, meters_of
from projects.models import LineComment, Project
from projects.review.claiming import claim, in_the_way, open_claims, release_claim, submission_of
from projects.review.deciding import decide
from projects.review.forms import ReviewForm
from projects.review.lines import anchor_of, answer_line, comment_on_line, sections_of
from projects.review.parts import BY_KEY, STORY
from projects.review.queueing import waiting_projects
from projects.totals import Totals


def require_reviewer(request: HttpRequest) -> None:
    """Raises PermissionDenied."""
    if not signed_in(request).is_reviewer:
        raise PermissionDenied


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Projects in review, what is due first, with who has taken or decided them."""
    require_reviewer(request)
    rows = waiting_projects(reviewer=signed_in(request), now=business_now())
    return render(request, "projects/review/queue.html", {"rows": rows})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """Read and decide."""
    require_reviewer(request)
    project = get_object_or_404(Project.objects.handed_in().select_related("creator"), slug=slug)
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            decided = decide(
                project_id=project.pk, reviewer=signed_in(request), now=business_now(),
                decision=form.cleaned_data["decision"], reasons=form.cleaned_data["words"], points=form.points(),
            )  # fmt: skip
        except ReviewRefused as error:
            form.add_error(None, str(error))
        else:
            words = _("Recorded. %(title)s: %(state)s.")
            state = decided.get_state_display()
            messages.success(request, words % {"title": project.title, "state": state})
            return redirect("projects:review_queue")
    context = _context(request, project, business_now()) | {"form": form}
    return render(request, "projects/review/review.html", context, status=422 if form.errors else 200)


def _context(request: HttpRequest, project: Project, now: datetime) -> dict[str, Any]:
    claims = open_claims(project, now)
    return {
        "project": project,
        "refusal": in_the_way(project, signed_in(request)),
        "claims": claims,
        "is_claimed": any(one.reviewer_id == signed_in(request).pk for one in claims),
        "sections": sections_of(project),
        "meters": meters_of(project, Totals()),
        "charge_rule": charge_rule(project),
        "submission": submission_of(project),
        "reviews": list(project.reviews.select_related("reviewer").prefetch_related("points")),
        "history": list(project.transitions.select_related("actor")),
    }


def _attempt(request: HttpRequest, slug: str, deed: Any, done: str) -> HttpResponse:
    try:
        deed()
    except ReviewRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("projects:review", slug)


@login_required
@require_POST
def take(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a submission on, or give it back."""
    require_reviewer(request)
    project = get_object_or_404(Project.objects.handed_in(), slug=slug)
    by, now = signed_in(request), business_now()
    if request.POST.get("deed") == "release":
        return _attempt(
            request, slug, lambda: release_claim(project_id=project.pk, reviewer=by, now=now), _("Given back.")
        )
    done = _("Yours to read. It lapses after three working days.")
    return _attempt(request, slug, lambda: claim(project_id=project.pk, reviewer=by, now=now), done)


@login_required
@require_POST
def comment(request: HttpRequest, slug: str) -> HttpResponse:
    """On one line."""
    require_reviewer(request)
    project = get_object_or_404(Project.objects.handed_in(), slug=slug)
    number = request.POST.get("paragraph", "")
    paragraph = int(number) if number.isdecimal() and len(number) < 6 else 0
    by, now, words = signed_in(request), business_now(), request.POST.get("words", "")
    part = request.POST.get("part") or STORY
    answer = _attempt(
        request, slug,
        lambda: comment_on_line(
            project_id=project.pk, reviewer=by, part=part, paragraph=paragraph, words=words, now=now
        ),
        _("The comment is kept; the creator sees it beside the paragraph."),
    )  # fmt: skip
    answer["Location"] += f"#{anchor_of(part, paragraph) if part in BY_KEY else ''}"
    return answer


@login_required
@require_safe
def comments(request: HttpRequest, slug: str) -> HttpResponse:
    """The team reads what was said beside its own text."""
    project = own_project(request, slug, "see")
    reviews = list(project.reviews.select_related("reviewer"))
    is_editable = project.state in Project.EDITABLE_STATES
    context = {"project": project, "sections": sections_of(project), "reviews": reviews, "is_editable": is_editable}
    return render(request, "projects/review/comments.html", context)


@login_required
@require_POST
def answer(request: HttpRequest, slug: str, comment_id: int) -> HttpResponse:
    """The team marks a comment as answered."""
    project = own_project(request, slug, "edit")
    found = get_object_or_404(LineComment, pk=comment_id, project=project)
    by, words = signed_in(request), request.POST.get("answer", "")
    try:
        answer_line(comment_id=found.pk, by=by, answer=words, now=business_now())
    except ReviewRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Marked as answered."))
    return redirect("projects:review_comments", slug)
