"""The reviewers' queue and decisions. Everyone else is refused."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current import signed_in
from clock.services import business_now
from projects.errors import ReviewRefused
from projects.forms import ReviewForm
from projects.meters import charge_rule, meters_of
from projects.models import Project
from projects.reviewing import decide, submission_of
from projects.totals import Totals


def require_reviewer(request: HttpRequest) -> None:
    """Raises PermissionDenied."""
    if not signed_in(request).is_reviewer:
        raise PermissionDenied


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Projects in review, the oldest first, with who has decided."""
    require_reviewer(request)
    waiting = Project.objects.filter(state=Project.State.IN_REVIEW).select_related("creator")
    projects = waiting.prefetch_related("reviews__reviewer").order_by("pk")[:100]
    return render(request, "projects/review_queue.html", {"projects": projects})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """Read and decide."""
    require_reviewer(request)
    project = get_object_or_404(Project.objects.select_related("creator"), slug=slug)
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            decided = decide(
                project_id=project.pk, reviewer=signed_in(request), now=business_now(), **form.cleaned_data
            )
        except ReviewRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Recorded. {project.title} is {decided.get_state_display()}.")
            return redirect("projects:review_queue")
    context = {
        "project": project,
        "form": form,
        "is_own": project.creator_id == signed_in(request).pk,
        "meters": meters_of(project, Totals()),
        "charge_rule": charge_rule(project),
        "submission": submission_of(project),
        "reviews": list(project.reviews.select_related("reviewer")),
        "history": list(project.transitions.select_related("actor")),
    }
    return render(request, "projects/review.html", context, status=422 if form.errors else 200)
