"""Errors under the API are problem+json, whatever goes wrong; limits are told in headers."""

import pytest

from tests.api.calling import Caller
from tests.factories.people import make_project

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/api/v1/projects/none", 404, "not_found"),
        ("get", "/api/v1/nothing/here", 404, "not_found"),
        ("delete", "/api/v1/projects", 405, "method_not_allowed"),
        ("get", "/api/v1/projects?limit=0", 400, "bad_request"),
        ("get", "/api/v1/projects?cursor=x", 400, "bad_request"),
        ("get", "/api/v1/projects?sort=luck", 400, "bad_request"),
        ("get", "/api/v1/me", 401, "not_authenticated"),
        ("post", "/api/v1/my/gpu-pledges", 401, "not_authenticated"),
    ],
)
def test_an_error_is_a_problem(client, method, path, status, code):
    answer = getattr(client, method)(path)
    told = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert (told["status"], told["code"]) == (status, code)
    assert told["type"].endswith(f"/developers/#problem-{code}")
    assert told["title"]
    assert told["detail"]


def test_a_field_that_is_wrong_is_named():
    caller = Caller()
    answer = caller.post("my/gpu-pledges", {"project": "x", "gpu": "none", "pledged_us": 0, "hours": "never"})
    fields = {error["field"] for error in answer.json()["errors"]}
    assert (answer.status_code, fields) == (400, {"gpu", "pledged_us", "hours"})


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b"[" * 9000, b'{"project": "\\ud800"}', b"null"])
def test_a_body_that_is_no_object_is_told_so(body):
    caller = Caller()
    answer = caller.client.post(
        "/api/v1/my/gpu-pledges", body, content_type="application/json",
        headers={"Authorization": f"Bearer {caller.secret}"},
    )  # fmt: skip
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_another_kind_of_body_is_not_read():
    caller = Caller()
    answer = caller.client.post(
        "/api/v1/my/gpu-pledges", b"a=1", content_type="text/plain",
        headers={"Authorization": f"Bearer {caller.secret}"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_limits_are_told_and_too_many_requests_wait(client, settings):
    settings.API_ANONYMOUS_A_MINUTE = 2
    make_project()
    first, second, third = (client.get("/api/v1/projects") for _ in range(3))
    assert first["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert first["RateLimit"].startswith('"minute";r=1;t=')
    assert second["RateLimit"].startswith('"minute";r=0;t=')
    assert (third.status_code, third.json()["code"]) == (429, "too_many_requests")
    assert 0 < int(third["Retry-After"]) <= 60
    assert Caller().get("projects").status_code == 200


def test_a_page_that_does_not_exist_is_still_a_page(client):
    assert "problem" not in client.get("/nothing/here/")["Content-Type"]
