"""People as they show themselves, and what the caller says of themselves."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from django.urls import reverse
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest.asking import body_of, judged, typed, version_field
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.rest.project_facts import site
from api.scopes import COMMUNITY, READ
from clock.services import business_now
from projects.community.profile_forms import ProfileForm
from projects.community.profiles import choose_profile, read_person, typed_profile
from projects.conflicts import version_of
from projects.models import Project
from projects.models.people import MOST_LINKS


class PersonShape(s.Serializer[Any]):
    id = s.IntegerField()
    page = s.CharField()
    name = s.CharField()
    about_html = s.CharField()
    links = s.ListField(child=s.CharField())
    created = s.ListField(child=s.CharField(), help_text="Slugs of projects.")
    works_on = s.ListField(child=s.CharField())
    backed = s.ListField(child=s.CharField(), help_text="Only where they show it.")
    followers = s.IntegerField()


class ProfileChange(s.Serializer[Any]):
    version = version_field()
    name = s.CharField(max_length=80, required=False, allow_blank=True)
    about = s.CharField(max_length=2000, required=False, allow_blank=True, help_text="Markdown.")
    links = s.ListField(child=s.CharField(max_length=200), required=False, max_length=MOST_LINKS)
    shows_backed = s.BooleanField(required=False)
    may_be_found = s.BooleanField(required=False, help_text="Whether search engines may list the page.")


class ProfileShape(ProfileChange):
    version = s.CharField(help_text="Send it back with a change, so that nobody's words are written over.")


PERSON = {
    "id": 7, "page": "https://commonweave.example/people/7/", "name": "Ada Weaver", "about_html": "<p>Weaves.</p>",
    "links": ["https://ada.example/"], "created": ["pocket-python"], "works_on": [], "backed": [], "followers": 12,
}  # fmt: skip
_SAID = {
    "name": "Ada Weaver", "about": "Weaves.", "links": ["https://ada.example/"], "shows_backed": False,
    "may_be_found": True,
}  # fmt: skip
PROFILE = {"version": "0f3a9c1d77e24b10", **_SAID}
CHANGE = {"version": "0f3a9c1d77e24b10", "about": "Weaves."}
CONFLICT = {
    "version": "77e24b100f3a9c1d", "saved": {**_SAID, "about": "Weaves and knits."}, "sent": CHANGE,
}  # fmt: skip


def _slugs(projects: list[Project]) -> list[str]:
    return [project.slug for project in projects]


class PersonView(ApiView):
    @operation("read_person", "What everyone may see of a person", PersonShape, PERSON, tag="Community")
    def get(self, request: Request, user_id: int) -> Response:
        if (found := read_person(user_id=user_id)) is None:
            raise Http404
        return Response({
            "id": found.user.pk, "page": site(reverse("projects:person", args=[found.user.pk])),
            "name": found.user.public_name, "about_html": found.profile.about_html, "links": found.profile.links,
            "created": _slugs(found.created), "works_on": _slugs(found.works_on), "backed": _slugs(found.backed),
            "followers": found.followers,
        })  # fmt: skip


class ProfileView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "patch": COMMUNITY}

    def saved_as(self, saved: Any) -> Any:
        return _facts(saved)

    @operation("read_my_profile", "What I say of myself", ProfileShape, PROFILE, tag="Mine", scope=READ)
    def get(self, request: Request) -> Response:
        return Response(_profile(request))

    @operation(
        "change_my_profile", "Change what I say of myself and what others see; what is left out stays", ProfileShape,
        PROFILE, tag="Mine", scope=COMMUNITY, is_write=True, body=ProfileChange, body_example=CHANGE, conflict=CONFLICT,
    )  # fmt: skip
    @idempotent
    def patch(self, request: Request) -> Response:
        user, asked = caller(request), body_of(request, ProfileChange)
        version = asked.pop("version")
        if "links" in asked:
            asked["links"] = "\n".join(asked["links"])
        form = judged(ProfileForm(typed(typed_profile(user.pk) | asked, ProfileForm.base_fields)))
        choose_profile(user=user, version=version, now=business_now(), **form.cleaned_data)
        return Response(_profile(request))


def _profile(request: Request) -> dict[str, Any]:
    saved = typed_profile(caller(request).pk)
    return {"version": version_of(saved), **_facts(saved)}


def _facts(saved: dict[str, Any]) -> dict[str, Any]:
    return {**saved, "links": saved["links"].splitlines()}
