"""Discovering and reading projects."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clock.services import business_now
from projects.creating_views import creator_context
from projects.meters import charge_rule, meters_of
from projects.models import Project
from projects.totals import totals_of

PAGE_SIZE = 20
NOTES_SHOWN = 20


@require_safe
def discover(request: HttpRequest) -> HttpResponse:
    """Public projects, newest first, with a plain search in title and promise."""
    query = request.GET.get("q", "").strip()[:100]
    projects = Project.objects.public()
    if query:
        projects = projects.filter(Q(title__icontains=query) | Q(promise__icontains=query))
    page = Paginator(projects, PAGE_SIZE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    totals = totals_of(shown)
    items = [{"project": project, "meters": meters_of(project, totals[project.pk])} for project in shown]
    return render(request, "projects/discover.html", {"items": items, "page": page, "query": query})


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A project's page. What is private is shown to its creator and to reviewers only."""
    project = Project.objects.select_related("creator").filter(slug=slug).first()
    if project is None or not _may_see(request, project):
        raise Http404("There is no such project.")
    context = {
        "project": project,
        "meters": meters_of(project, totals_of([project])[project.pk]),
        "charge_rule": charge_rule(project),
        "rewards": list(project.rewards.select_related("project")),
        "notes": list(project.lab_notes.all()[:NOTES_SHOWN]),
        "is_open": project.state == Project.State.LIVE and project.deadline_at > business_now(),
        **creator_context(project, request.user),
    }
    return render(request, "projects/detail.html", context)


def _may_see(request: HttpRequest, project: Project) -> bool:
    if project.state not in Project.PRIVATE_STATES:
        return True
    user = request.user
    if not user.is_authenticated:
        return False
    return user.pk == project.creator_id or user.is_reviewer or user.is_admin
