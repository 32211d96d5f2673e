"""A project's course over the API: launch, pause, go on, deliver, complete, abandon, a later deadline."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import examples as ex
from api.rest import shapes
from api.rest.asking import body_of, own_project
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.rest.project_facts import project_row
from api.scopes import PROJECTS, READ
from clock.services import business_now
from projects.launch import launch, missing_for_launch
from projects.life.deeds import COURSE, LONGEST_WORDS, change_course, extend_deadline, may_extend, possible_deeds
from projects.models import Project
from projects.totals import totals_of


class CourseShape(s.Serializer[Any]):
    state = s.ChoiceField(Project.State.choices)
    deeds = s.ListField(child=s.ChoiceField(sorted(COURSE)))
    may_extend = s.BooleanField()
    missing_for_launch = s.ListField(child=s.CharField())


class Deed(s.Serializer[Any]):
    deed = s.ChoiceField(sorted(COURSE))
    statement = s.CharField(max_length=LONGEST_WORDS)


class Extension(s.Serializer[Any]):
    deadline_at = s.DateTimeField()
    reason = s.CharField(max_length=LONGEST_WORDS)


COURSE_NOW = {"state": "live", "deeds": ["pause"], "may_extend": True, "missing_for_launch": []}
DEED = {"deed": "pause", "statement": "The data has to be cleaned again; we go on in a week."}
EXTENSION = {"deadline_at": "2026-12-14T18:00:00Z", "reason": "Two labs asked for time to decide."}


def _answer(project: Project) -> Response:
    project.refresh_from_db()
    return Response(project_row(project, totals_of([project])[project.pk]))


class CourseView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "post": PROJECTS}

    @operation("read_course", "What I may do to a project now", CourseShape, COURSE_NOW, tag="Creating", scope=READ)
    def get(self, request: Request, slug: str) -> Response:
        project, now = own_project(request, slug, "see"), business_now()
        is_approved = project.state == Project.State.APPROVED
        return Response({
            "state": project.state, "deeds": possible_deeds(project, caller(request)),
            "may_extend": may_extend(project, now),
            "missing_for_launch": missing_for_launch(project, now) if is_approved else [],
        })  # fmt: skip

    @operation(
        "change_course", "Pause, resume, deliver, complete or abandon a project, with words that everyone reads",
        shapes.ProjectRow, ex.PROJECT, tag="Creating", scope=PROJECTS, is_write=True, body=Deed, body_example=DEED,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project, asked = own_project(request, slug, "see"), body_of(request, Deed)
        change_course(project_id=project.pk, by=caller(request), now=business_now(), **asked)
        return _answer(project)


class LaunchView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": PROJECTS}

    @operation(
        "launch_project", "Open an approved project for pledges", shapes.ProjectRow, ex.PROJECT, tag="Creating",
        scope=PROJECTS, is_write=True,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project = own_project(request, slug, "launch")
        launch(project=project, actor=caller(request), now=business_now())
        return _answer(project)


class ExtendView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": PROJECTS}

    @operation(
        "extend_deadline", "Move the deadline, once; backers are told", shapes.ProjectRow, ex.PROJECT, tag="Creating",
        scope=PROJECTS, is_write=True, body=Extension, body_example=EXTENSION,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project, asked = own_project(request, slug, "launch"), body_of(request, Extension)
        extend_deadline(
            project_id=project.pk, by=caller(request), deadline=asked["deadline_at"], reason=asked["reason"],
            now=business_now(),
        )  # fmt: skip
        return _answer(project)
