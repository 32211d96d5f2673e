"""Discovering and reading projects."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clock.services import business_now
from projects.creating_views import creator_context
from projects.meters import charge_rule, meters_of
from projects.models import Project
from projects.models.project import ProjectQuerySet
from projects.totals import totals_of

PAGE_SIZE = 20
NOTES_SHOWN = 20


@require_safe
def discover(request: HttpRequest) -> HttpResponse:
    """Public projects by kind and need, newest or ending soon first, with a plain search in title and promise."""
    facets = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "kind", "needs", "sort")}
    page = Paginator(_found(facets), PAGE_SIZE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    totals = totals_of(shown)
    context = {
        "items": [{"project": project, "meters": meters_of(project, totals[project.pk])} for project in shown],
        "page": page,
        "kinds": Project.ModelKind.choices,
        "facets": urlencode({name: value for name, value in facets.items() if value}),
        "query": facets["q"],
        **facets,
    }
    return render(request, "projects/discover.html", context)


def _found(facets: dict[str, str]) -> ProjectQuerySet:
    projects = Project.objects.public()
    if facets["q"]:
        projects = projects.filter(Q(title__icontains=facets["q"]) | Q(promise__icontains=facets["q"]))
    if facets["kind"]:
        projects = projects.filter(model_kind=facets["kind"])
    if facets["needs"] == "money":
        projects = projects.filter(Q(funding_minimum__gt=0) | Q(funding_stretch__gt=0))
    elif facets["needs"] == "compute":
        projects = projects.filter(Q(compute_minimum_us__gt=0) | Q(compute_stretch_us__gt=0))
    if facets["sort"] == "ending":
        projects = projects.filter(state=Project.State.LIVE).order_by("deadline_at", "pk")
    return projects


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
