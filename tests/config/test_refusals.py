"""What errors answer, as a page and as a problem of the API."""

import pytest
from django.core.exceptions import SuspiciousOperation
from django.test import Client, RequestFactory
from django.urls import reverse

from config import refusals
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


def asked(answer_with, path, **arguments):
    return answer_with(RequestFactory().get(path), **arguments)


@pytest.mark.parametrize(
    ("answer_with", "status"),
    [
        (refusals.bad_request, 400), (refusals.forbidden, 403), (refusals.not_found, 404),
        (refusals.too_many_requests, 429), (refusals.server_error, 500),
    ],
)  # fmt: skip
def test_an_error_is_a_page_with_one_way_on_and_a_problem_of_the_api(answer_with, status):
    page = asked(answer_with, "/x/")
    text = page.content.decode()
    assert (page.status_code, text.count("<h1"), text.count('class="button"')) == (status, 1, 1)
    assert 'class="torn"' in text
    told = asked(answer_with, "/api/v1/x")
    assert (told.status_code, told["Content-Type"]) == (status, "application/problem+json")
    assert told.headers.get("Retry-After") == page.headers.get("Retry-After")


def test_an_unforeseen_error_of_the_site_and_of_the_api(monkeypatch):
    monkeypatch.setattr("projects.discovery.pages.business_now", lambda: 1 / 0)
    client = Client(raise_request_exception=False)
    assert "Something went wrong on our side" in client.get(reverse("projects:discover")).content.decode()


def test_a_sentence_of_ours_is_said_and_those_of_django_are_not(client):
    client.force_login(make_user())
    early = client.get(reverse("compute:early_weights", args=["no-such-token"]))
    assert (early.status_code, "This link has expired, or" in early.content.decode()) == (404, True)
    search = client.post(reverse("projects:forget_search", args=[999])).content.decode()
    assert ("SavedSearch" in search, "may be mistyped" in search) == (False, True)
    assert "may be mistyped" in client.get("/no/such/address/").content.decode()


def test_who_tries_too_often_is_told_to_wait(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    for _ in range(2):
        answer = client.post(reverse("account_login"), {"login": "a@b.example", "password": "x"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert "Wait a minute" in answer.content.decode()


def test_an_unconfigured_way_to_sign_in_is_not_there(client):
    assert client.get("/accounts/github/login/").status_code == 404


def test_what_cannot_be_read_is_a_page(client, monkeypatch):
    def refuse(*_):
        raise SuspiciousOperation

    monkeypatch.setattr("projects.discovery.pages.business_now", refuse)
    answer = client.get(reverse("projects:discover"))
    assert (answer.status_code, "cannot be read" in answer.content.decode()) == (400, True)


@pytest.mark.parametrize(
    ("path", "onward"),
    [("/projects/x/follow/", "/projects/x/"), ("/language/", "/"), ("/searches/7/remove/", "/searches/")],
)
def test_an_address_for_forms_says_so_and_leads_to_its_page(client, path, onward):
    client.force_login(make_user())
    answer = client.get(path)
    text = answer.content.decode()
    assert (answer.status_code, answer["Allow"], f'class="button" href="{onward}"' in text) == (405, "POST", True)
    assert ("only takes what a form sends" in text, 'class="torn"' in text) == (True, True)


def test_a_page_to_which_nothing_is_sent_says_so(client):
    answer = client.post("/discover/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert 'class="button" href="/discover/"' in answer.content.decode()


def test_a_method_that_the_api_does_not_know_is_a_problem(client):
    for path, allowed in (("/api/v1/openapi.json", "GET, HEAD"), ("/api/v1/projects", "GET, HEAD, OPTIONS")):
        answer = client.post(path)
        assert (answer.status_code, answer["Allow"], answer["Content-Type"], answer.json()["code"]) == (
            405, allowed, "application/problem+json", "method_not_allowed",
        )  # fmt: skip
