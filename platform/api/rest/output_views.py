"""Promises and what keeps them: read by everyone, released by the team."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import F
from django.urls import reverse
from rest_framework import serializers as s
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest.asking import MOST_NUMBER, body_of, own_project
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.bodies import MIB, WITH_FILE, File, is_form
from api.rest.document import operation, text
from api.rest.idempotency import idempotent
from api.rest.paging import Order, moment, page_of
from api.rest.project_facts import site
from api.rest.project_views import public_project
from api.scopes import PROJECTS
from clock.services import business_now
from projects.fields import readable
from projects.licenses import LicenseError, parse_license
from projects.models import OutputRelease, Project, PromisedOutput
from projects.openness.model_cards import LARGEST, read_card
from projects.openness.promises import Standing, promises_of
from projects.openness.releasing import LARGEST_FILE, Output, may_fetch_early, release_output


class PromiseShape(s.Serializer[Any]):
    id = s.IntegerField()
    kind = s.ChoiceField(PromisedOutput.Kind.choices)
    description = s.CharField()
    due_on = s.DateField(allow_null=True)
    standing = s.ChoiceField([str(each) for each in Standing])
    kept_on = s.DateField(allow_null=True)


class PromisesShape(s.Serializer[Any]):
    promises = PromiseShape(many=True)


class OutputShape(s.Serializer[Any]):
    id = s.IntegerField()
    kind = s.ChoiceField(PromisedOutput.Kind.choices)
    title = s.CharField()
    license = s.CharField()
    promise = s.IntegerField(allow_null=True)
    released_at = s.DateTimeField()
    public_at = s.DateTimeField(help_text="Until then for backers and the team.")
    url = s.CharField(allow_null=True, help_text="Null while it is not for you.")
    sha256 = s.CharField(allow_null=True)
    card = s.CharField(allow_null=True, help_text="Address of its model card.")
    check = s.ChoiceField(OutputRelease.Verdict.choices, help_text="Whether what the link leads to has this SHA-256.")
    checked_at = s.DateTimeField(allow_null=True)


class NewOutput(s.Serializer[Any]):
    kind = s.ChoiceField(PromisedOutput.Kind.choices)
    title = s.CharField(max_length=120, validators=[readable])
    license = s.CharField(max_length=120, help_text="SPDX.")
    url = s.CharField(max_length=500, help_text="https://…; or send a form with the file itself.")
    sha256 = s.CharField(max_length=64)
    promise = s.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_NUMBER)
    card = s.CharField(required=False, default="", max_length=LARGEST, allow_blank=True, trim_whitespace=False)
    public_at = s.DateTimeField(required=False, allow_null=True, default=None, help_text="Backers first until then.")


class NewFile(s.Serializer[Any]):
    """Of a form: everything of a link's body but its address and hash, and the file itself."""

    kind = s.ChoiceField(PromisedOutput.Kind.choices)
    title = s.CharField(max_length=120, validators=[readable])
    license = s.CharField(max_length=120, help_text="SPDX.")
    file = File(help_text="At most 10 MiB; its SHA-256 is taken. Link larger ones.")
    promise = s.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_NUMBER)
    card = s.CharField(required=False, default="", max_length=LARGEST, allow_blank=True, trim_whitespace=False)
    public_at = s.DateTimeField(required=False, allow_null=True, default=None, help_text="Backers first until then.")


_PROMISE = {
    "id": 3, "kind": "weights", "description": "The weights of the last checkpoint.", "due_on": "2027-03-01",
    "standing": "kept", "kept_on": "2027-02-20",
}  # fmt: skip
NEW = {
    "kind": "weights", "title": "Pocket Python 1.0", "license": "Apache-2.0", "sha256": "b" * 64, "promise": 3,
    "url": "https://models.example/pocket-python/model.safetensors",
}  # fmt: skip
OUTPUT = {
    **NEW, "id": 5, "released_at": "2027-02-13T09:00:00Z", "public_at": "2027-02-20T09:00:00Z", "card": None,
    "check": "same", "checked_at": "2027-02-13T09:01:00Z",
}  # fmt: skip


class PromisesView(ApiView):
    @operation(
        "list_promises", "What a project promised to release, and whether it is kept, late or broken", PromisesShape,
        {"promises": [_PROMISE]}, tag="Projects",
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        found = promises_of(public_project(slug), business_now())
        return Response({"promises": [
            {"id": each.output.pk, "kind": each.output.kind, "description": each.output.description,
             "due_on": each.output.due_on, "standing": each.standing, "kept_on": each.kept_on}
            for each in found
        ]})  # fmt: skip


def _row(release: OutputRelease, *, is_open: bool) -> dict[str, Any]:
    """`release.project` is loaded, and its file where there is one. `is_open`: whether the reader may fetch it."""
    slug, pk = release.project.slug, release.pk
    url = site(reverse("projects:release_file", args=[slug, pk])) if hasattr(release, "file") else release.url
    url = site(url) if url.startswith("/") else url
    card = site(reverse("projects:release_card", args=[slug, pk])) if release.card else None
    return {
        "id": pk, "kind": release.kind, "title": release.title, "license": release.license,
        "promise": release.promise_id, "released_at": release.released_at, "public_at": release.public_at,
        "url": url if is_open else None, "sha256": release.sha256 if is_open else None,
        "card": card if is_open else None, "check": release.verdict, "checked_at": release.checked_at,
    }  # fmt: skip


class OutputsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": PROJECTS}
    parser_classes = WITH_FILE
    most_bytes = LARGEST_FILE + MIB

    @operation(
        "list_outputs", "Everything that a project released, with hashes", OutputShape, OUTPUT, tag="Projects",
        many=True, query=(text("kind", "Kind of output.", enum=PromisedOutput.Kind.values),),
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        project = public_project(slug)
        rows = project.output_releases.select_related("project", "file").defer("file__content")
        if (kind := request.query_params.get("kind")) in PromisedOutput.Kind.values:
            rows = rows.filter(kind=kind)
        page = page_of(request, rows, Order("released", F("released_at"), moment))
        now = business_now()
        is_early = any(row.public_at > now for row in page.rows) and may_fetch_early(request.user, project)
        return Response(page.answer([_row(row, is_open=is_early or row.public_at <= now) for row in page.rows]))

    @operation(
        "release_output", "Release a link with its hash, which is checked, or a file; backers are told", OutputShape,
        OUTPUT, tag="Creating", scope=PROJECTS, is_write=True, body=NewOutput, body_example=NEW, form=NewFile,
        status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project = own_project(request, slug, "deliver")
        asked = body_of(request, NewFile if is_form(request) else NewOutput)
        made = release_output(project=project, by=caller(request), output=_output(project, asked), now=business_now())
        return Response(_row(made, is_open=True), status=201)


def _output(project: Project, asked: dict[str, Any]) -> Output:
    """Raises ValidationError, CardRefused."""
    promise = None
    if (number := asked.pop("promise", None)) is not None:
        promise = project.promised_outputs.filter(pk=number).first()
        if promise is None:
            raise ValidationError({"promise": "The project made no such promise."})
    try:
        asked["license"] = parse_license(asked["license"])
    except LicenseError as error:
        raise ValidationError({"license": str(error)}) from error
    if asked["card"].strip():
        read_card(asked["card"])
    if (file := asked.pop("file", None)) is not None:
        asked |= {"name": file.name, "content": file.read()}
    return Output(promise=promise, **asked)
