"""Training runs and what was released of them, for everybody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F
from django.http import Http404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import examples as ex
from api.rest import shapes
from api.rest.base import ApiView
from api.rest.document import operation, text
from api.rest.paging import Order, moment, page_of, whole
from api.rest.project_facts import site
from api.rest.project_views import public_project
from compute_pledges.models import ModelRelease, TrainingRun
from compute_pledges.project_runs import with_newest
from projects.models import Project

NEWEST = Order("created", F("created_at"), moment)
RUN_FILTERS = (
    text("project", "Slug of a project.", maxLength=80),
    text("state", "State of the run.", enum=TrainingRun.State.values),
)


def run_row(run: Any) -> dict[str, Any]:
    """As in lists. `run.project` is loaded and the run annotated by `with_newest`."""
    return {
        "id": run.pk, "page": site(reverse("compute:run", args=[run.pk])), "project": run.project.slug,
        "name": run.name, "state": run.state, "task": run.task, "parameters": run.parameters,
        "closed_rounds": 0 if run.closed_index is None else run.closed_index + 1, "held_out_loss": run.loss,
        "released_at": run.released_at, "created_at": run.created_at,
    }  # fmt: skip


def run_whole(run: Any) -> dict[str, Any]:
    """With what it was declared with."""
    return {
        **run_row(run), "config": run.config, "hyper": run.hyper, "data": run.data,
        "planned_samples": run.planned_samples, "forked_from": run.forked_from_id, "error": run.error,
    }  # fmt: skip


def public_runs() -> Any:
    """Runs of public projects."""
    return with_newest(TrainingRun.objects.exclude(project__state__in=Project.PRIVATE_STATES).select_related("project"))


def public_run(run_id: UUID) -> Any:
    """Raises Http404."""
    run = public_runs().filter(pk=run_id).first()
    if run is None:
        raise Http404
    return run


class RunsView(ApiView):
    @operation("list_runs", "Training runs", shapes.RunRow, ex.RUN, tag="Training", many=True, query=RUN_FILTERS)
    def get(self, request: Request) -> Response:
        runs, asked = public_runs().defer("config", "hyper", "data"), request.query_params
        if "project" in asked:
            runs = runs.filter(project=public_project(asked["project"].replace("\0", "")))
        if "state" in asked:
            runs = runs.filter(state=asked["state"].replace("\0", ""))
        page = page_of(request, runs, NEWEST)
        return Response(page.answer([run_row(run) for run in page.rows]))


class RunView(ApiView):
    @operation("read_run", "A training run with its settings", shapes.RunWhole, ex.RUN_WHOLE, tag="Training")
    def get(self, request: Request, run_id: UUID) -> Response:
        return Response(run_whole(public_run(run_id)))


class RoundsView(ApiView):
    @operation(
        "list_rounds", "Rounds of a run with their held-out loss, the newest first", shapes.RoundShape, ex.ROUND,
        tag="Training", many=True,
    )  # fmt: skip
    def get(self, request: Request, run_id: UUID) -> Response:
        rounds = public_run(run_id).rounds.only(
            "index", "opened_at", "closed_at", "theta_sha256", "held_out_loss", "tokens", "is_rolled_back"
        )
        page = page_of(request, rounds, Order("index", F("index"), whole))
        return Response(page.answer([_round(row) for row in page.rows]))


def _round(row: Any) -> dict[str, Any]:
    return {
        "index": row.index, "opened_at": row.opened_at, "closed_at": row.closed_at, "theta_sha256": row.theta_sha256,
        "held_out_loss": row.held_out_loss, "tokens": row.tokens, "is_rolled_back": row.is_rolled_back,
    }  # fmt: skip


class ReleasesView(ApiView):
    @operation(
        "list_releases", "What was released of a project's runs", shapes.ReleaseShape, ex.RELEASE, tag="Training",
        many=True,
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        released = ModelRelease.objects.filter(
            run__project=public_project(slug), state=ModelRelease.State.RELEASED, released_at__isnull=False
        )
        rows = released.select_related("round").prefetch_related("files")
        page = page_of(request, rows, Order("released", F("released_at"), moment))
        return Response(page.answer([_release(row) for row in page.rows]))


def _release(release: ModelRelease) -> dict[str, Any]:
    run = release.run_id
    return {
        "run": run, "page": site(reverse("compute:release", args=[run])), "license": release.license,
        "round": release.round.index, "intended_use": release.intended_use, "limitations": release.limitations,
        "card": release.card, "released_at": release.released_at,
        "files": [
            {"name": file.name, "size": file.size, "sha256": file.sha256,
             "url": site(reverse("compute:release_file", args=[run, file.name]))}
            for file in release.files.all()
        ],
    }  # fmt: skip
