"""The data sets that a project's runs may train on: its team adds them, and sees what each consists of."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current import signed_in
from compute_pledges.models import DataSet
from compute_pledges.services.cutting import DataRefused, chunks_of
from compute_pledges.services.data_sets import add_data_set, data_for
from compute_pledges.services.hub import request_hub_data
from compute_pledges.services.s3 import StorageAway
from compute_pledges.tasks import fetch_data_sets
from compute_pledges.web.data_forms import HubForm, UploadForm
from projects.models import Project
from projects.roles import can
from queueing.hints import queue_after_commit

SETS_A_PAGE, SHARDS_SHOWN = 25, 100


def team_project(request: HttpRequest, slug: str) -> Project:
    """A project of the signed-in person's team; an admin sees it and changes nothing. Raises PermissionDenied."""
    project = get_object_or_404(Project, slug=slug)
    user = signed_in(request)
    if not can(user, project, "see") and not (user.is_admin and request.method in ("GET", "HEAD")):
        raise PermissionDenied
    return project


@login_required
@require_safe
def data_sets(request: HttpRequest, slug: str) -> HttpResponse:
    """The team's data sets and the operator's."""
    project = team_project(request, slug)
    page = Paginator(data_for(project).select_related("owner"), SETS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "project": project, "page": page, "hub_allowed": settings.HUB_DATA_ALLOWED,
        "in_team": can(signed_in(request), project, "see"),
    }  # fmt: skip
    return render(request, "compute/data_sets.html", context)


@login_required
@require_safe
def data_set(request: HttpRequest, slug: str, data_set_id: UUID) -> HttpResponse:
    """License, origin and every shard's hash."""
    project = team_project(request, slug)
    found = get_object_or_404(data_for(project).select_related("owner"), pk=data_set_id)
    shards = Paginator(found.shards, SHARDS_SHOWN).get_page(request.GET.get("page"))
    runs = found.runs.filter(project=project).order_by("-created_at")[:20]
    context = {"project": project, "data_set": found, "shards": shards, "runs": runs}
    return render(request, "compute/data_set.html", context)


def _onward(request: HttpRequest, project: Project, added: DataSet) -> HttpResponse:
    """Back to the run that is being declared, with the new data set chosen, where one asked for it."""
    asked = request.GET.get("draft", "")
    if not asked:
        return redirect("compute:data_set", project.slug, added.pk)
    query = {"data_set": str(added.pk)} | ({"draft": asked} if asked != "new" else {})
    return redirect(f"{reverse('compute:start_run', args=[project.slug])}?{urlencode(query)}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a file; a refused form keeps what was typed."""
    project = team_project(request, slug)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        file = data.pop("file")
        try:
            added = add_data_set(
                owner=signed_in(request), chunks=chunks_of(file), origin={"files": [file.name[:200]]},
                now=timezone.now(), **data,
            )  # fmt: skip
        except (DataRefused, StorageAway) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("The data set is ready."))
            return _onward(request, project, added)
    context = {"project": project, "form": form, "kind": "upload"}
    return render(request, "compute/add_data.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def from_hub(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for files of the Hugging Face Hub, where the operator allows it."""
    project = team_project(request, slug)
    form = HubForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        files = data.pop("file_names")
        try:
            asked = request_hub_data(owner=signed_in(request), files=files, now=timezone.now(), **data)
        except DataRefused as error:
            form.add_error(None, str(error))
        else:
            queue_after_commit(fetch_data_sets)
            messages.success(request, gettext("The files are being fetched. This page says when they are here."))
            return redirect("compute:data_set", slug, asked.pk)
    context = {"project": project, "form": form, "kind": "hub", "is_allowed": settings.HUB_DATA_ALLOWED}
    return render(request, "compute/add_data.html", context, status=422 if form.errors else 200)
