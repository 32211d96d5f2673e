"""Reading a project."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_safe

from clock.services import business_now
from projects.backing import backs
from projects.creating_views import creator_context
from projects.discovering import time_left
from projects.meters import charge_rule, meters_of
from projects.models import Project
from projects.openness.license_words import terms_of
from projects.openness.promises import promises_of
from projects.readers import VISITORS, is_visitor, reader_of
from projects.referrals import count_visit, source_of
from projects.roles import can
from projects.sharing.meaning import linked_data
from projects.totals import totals_of
from projects.visitors import Own, Version, kept_pieces, version_of

NOTES_SHOWN = 5

SUSPENDED = gettext_lazy(
    "This project is suspended while the platform looks into it. Nothing is charged or paid out meanwhile, and pledges "
    "stand."
)


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A project's page. What is private is shown to its team and to reviewers only."""
    source, version = source_of(request), version_of(slug)
    if version is None:
        return _own_page(request, slug, source)
    if is_visitor(request):
        answer = HttpResponse(_shared(request, slug, version, VISITORS, Own(source))[0])
        patch_vary_headers(answer, ["Cookie"])
    elif reader := reader_of(request.user, version.project_id):
        pieces = _shared(request, slug, version, reader.audience, Own(source, get_token(request)))
        answer = render(request, "projects/detail_shared.html", {"pieces": [piece.decode() for piece in pieces]})
    else:
        return _own_page(request, slug, source)
    if source:
        count_visit(project_id=version.project_id, source=source, now=business_now())
    return answer


def _shared(request: HttpRequest, slug: str, version: Version, audience: str, own: Own) -> list[bytes]:
    def draw(marks: Own) -> tuple[str, ...]:
        project = _project(request, slug)
        context = page_context(project, request.user, business_now()) | {"ref": marks.source}
        # Nothing of this person's own address: the page is for others, too.
        context["here"] = project.get_absolute_url()
        if audience == VISITORS:
            return (render_to_string("projects/detail.html", context, request),)
        cut = secrets.token_hex(16)
        context |= {"csrf_token": marks.csrf_token, "frame": "pieces.html", "cut": cut}
        return tuple(render_to_string("projects/detail.html", context, request).split(cut))

    return kept_pieces(version=version, audience=audience, own=own, draw=draw)


def _own_page(request: HttpRequest, slug: str, source: str) -> HttpResponse:
    project, now = _project(request, slug), business_now()
    context = page_context(project, request.user, now) | creator_context(project, request.user)
    if source and "is_team" not in context:
        count_visit(project_id=project.pk, source=source, now=now)
    return render(request, "projects/detail.html", context | {"ref": source})


def _project(request: HttpRequest, slug: str) -> Project:
    project = Project.objects.select_related("creator").filter(slug=slug).first()
    if project is None or not _may_see(request, project):
        # It was public before: whoever backs it is not told that it never was.
        is_suspended = project is not None and project.state == Project.State.SUSPENDED
        raise Http404(str(SUSPENDED) if is_suspended else gettext("There is no such project."))
    return project


def page_context(project: Project, viewer: object, now: datetime) -> dict[str, Any]:
    """What a viewer sees of a project; notes for backers alone to those who back it or write them."""
    totals = totals_of([project])[project.pk]
    is_open_now = project.state == Project.State.LIVE and project.deadline_at > now
    return {
        "project": project,
        "meters": meters_of(project, totals),
        "totals": totals,
        "charge_rule": charge_rule(project),
        "rewards": list(project.rewards.select_related("project", "pool")),
        "notes": list(project.lab_notes.published()[:NOTES_SHOWN]),
        "reads_backers_notes": backs(viewer, project) or can(viewer, project, "write_notes"),
        "history": list(project.transitions.all()),
        "team": list(project.teammates.filter(ended_at=None).select_related("user")),
        "budget": list(project.budget_lines.select_related("project")),
        "risks": list(project.risks.all()),
        "sources": list(project.data_sources.all()),
        "promises": promises_of(project, now),
        "milestones": list(project.milestones.all()),
        "time_left": time_left(project, now),
        "is_open": is_open_now,
        "takes_money": is_open_now or project.takes_money_after_funding,
        "linked_data": None if project.state in Project.PRIVATE_STATES else linked_data(project, totals),
        **_openness(project),
    }


def _openness(project: Project) -> dict[str, Any]:
    terms = [
        terms_of(gettext("Weights"), project.weights_license),
        terms_of(gettext("Data"), project.data_license),
        terms_of(gettext("Code"), project.code_license),
    ]
    return {"terms": terms, "is_all_open": all(term.is_open for term in terms)}


def _may_see(request: HttpRequest, project: Project) -> bool:
    if project.state not in Project.PRIVATE_STATES:
        return True
    user = request.user
    if not user.is_authenticated:
        return False
    return user.is_reviewer or user.is_admin or can(user, project, "see")
