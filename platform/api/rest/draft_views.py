"""A creator's road over the API: a draft, its steps with the wizard's own checks, the checklist, handing in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import examples as ex
from api.rest import shapes
from api.rest.asking import body_of, judged, own_project, typed
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.draft_content import cleaned_of, fields_of
from api.rest.idempotency import idempotent
from api.rest.project_facts import project_row, project_whole
from api.scopes import PROJECTS, READ
from clock.services import business_now
from projects.editing import create_project, submit
from projects.models import Project
from projects.totals import totals_of
from projects.wizard.basics import StartForm
from projects.wizard.checklist import Check, checklist
from projects.wizard.saving import save_step
from projects.wizard.steps import BY_KEY, Step, load_step, version_of


class NewProject(s.Serializer[Any]):
    title = s.CharField(max_length=80)
    promise = s.CharField(max_length=160)
    model_kind = s.ChoiceField(Project.ModelKind.choices)


class CheckShape(s.Serializer[Any]):
    step = s.CharField(help_text=_("Where it is mended."))
    sentence = s.CharField()
    is_done = s.BooleanField()
    is_advice = s.BooleanField(help_text=_("Advice stops nobody from handing in."))


class Checklist(s.Serializer[Any]):
    may_be_handed_in = s.BooleanField()
    checks = CheckShape(many=True)


class FieldShape(s.Serializer[Any]):
    name = s.CharField()
    rows = s.CharField(help_text=_("The list that the field belongs to, or empty."))
    label = s.CharField()  # type: ignore[assignment]  # reason: the library's own attribute of that name is none of a shape's
    help = s.CharField()
    is_needed = s.BooleanField()
    longest = s.IntegerField(allow_null=True)
    choices = s.ListField(child=s.CharField())


class DraftStep(s.Serializer[Any]):
    step = s.CharField()
    version = s.CharField(help_text=_("Of what is saved now: send it back with a change."))
    content = s.DictField(help_text=_("Fields by name as the site's form shows them; rows as lists."))
    fields_told = FieldShape(many=True)
    missing = s.ListField(child=s.CharField(), help_text=_("What this step still lacks."))


class DraftStepChange(s.Serializer[Any]):
    version = s.CharField(max_length=16, help_text=_("As it was read. Saved by somebody else since: 409 `conflict`."))
    content = s.DictField(help_text=_("What changes; fields that are left out stay. A list replaces its list."))


CHECK = {"step": "budget", "sentence": "Budget lines: where the money and the hours go", "is_done": False,
         "is_advice": False}  # fmt: skip
CHECKS = {"may_be_handed_in": False, "checks": [CHECK]}
STEP = {
    "step": "risks", "version": "0f3a9c1d77e24b10",
    "content": {"risks": [{"title": "Too few machines", "answer": "A smaller model, from the same data."}]},
    "fields_told": [
        {"name": "title", "rows": "risks", "label": "What could go wrong", "help": "", "is_needed": False,
         "longest": 120, "choices": []}
    ],
    "missing": [],
}  # fmt: skip
CHANGE = {"version": "e3b0c44298fc1c14", "content": STEP["content"]}
CONFLICT = {
    "version": "0f3a9c1d77e24b10", "saved": STEP["content"],
    "sent": {"version": "e3b0c44298fc1c14", "content": {"risks": [{"title": "Too few", "answer": "We wait."}]}},
}  # fmt: skip
NEW = {"title": "Pocket Python", "promise": "A code model that runs on a phone.", "model_kind": "language"}


def _draft_answer(project: Project, status: int = 200) -> Response:
    return Response(project_row(project, totals_of([project])[project.pk]), status=status)


def create_draft(request: Request) -> Response:
    """A new draft by the wizard's first form."""
    form = judged(StartForm(typed(body_of(request, NewProject), StartForm.base_fields)))
    made = create_project(creator=caller(request), now=business_now(), **form.cleaned_data)
    return _draft_answer(made, status=201)


class MyProjectView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "read_my_project", "A project that I work on, in every state", shapes.ProjectWhole, ex.PROJECT_WHOLE,
        tag="Creating", scope=READ,
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        project = own_project(request, slug, "see")
        return Response(project_whole(project, totals_of([project])[project.pk]))


class ChecklistView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation("read_checklist", "What a draft lacks", Checklist, CHECKS, tag="Creating", scope=READ)
    def get(self, request: Request, slug: str) -> Response:
        checks = checklist(own_project(request, slug, "see"), business_now())
        is_ready = all(check.is_done or check.is_advice for check in checks)
        return Response({"may_be_handed_in": is_ready, "checks": [_check(check) for check in checks]})


def _check(check: Check) -> dict[str, Any]:
    return {
        "step": check.step, "sentence": str(check.sentence), "is_done": check.is_done, "is_advice": check.is_advice,
    }  # fmt: skip


class StepView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "patch": PROJECTS}

    @operation(
        "read_step", "A step of a draft: basics, goals, budget, milestones, rewards, openness or risks", DraftStep,
        STEP, tag="Creating", scope=READ,
    )  # fmt: skip
    def get(self, request: Request, slug: str, key: str) -> Response:
        return _step_answer(own_project(request, slug, "edit"), _step(key))

    @operation(
        "change_step", "Change a step of a draft; checked as on the site", DraftStep, STEP, tag="Creating",
        scope=PROJECTS, is_write=True, body=DraftStepChange, body_example=CHANGE, conflict=CONFLICT,
    )  # fmt: skip
    @idempotent
    def patch(self, request: Request, slug: str, key: str) -> Response:
        project, step = own_project(request, slug, "edit"), _step(key)
        asked = body_of(request, DraftStepChange)
        cleaned = cleaned_of(project, step, asked["content"])
        save_step(project_id=project.pk, step=step, by=caller(request), version=asked["version"], cleaned=cleaned)
        return _step_answer(own_project(request, slug, "edit"), step)


def _step(key: str) -> Step:
    if key not in BY_KEY:
        raise Http404
    return BY_KEY[key]


def _step_answer(project: Project, step: Step) -> Response:
    checks = [check for check in checklist(project, business_now()) if check.step == step.key and not check.is_done]
    return Response({
        "step": step.key, "version": version_of(project, step), "content": load_step(project, step),
        "fields_told": fields_of(step), "missing": [str(check.sentence) for check in checks],
    })  # fmt: skip


class SubmitView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": PROJECTS}

    @operation(
        "submit_project", "Hand a draft to the reviewers", shapes.ProjectRow, ex.PROJECT, tag="Creating",
        scope=PROJECTS, is_write=True,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        submit(project=own_project(request, slug, "submit"), actor=caller(request), now=business_now())
        return _draft_answer(own_project(request, slug, "see"))
