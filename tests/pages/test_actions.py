"""What staff did: findable, exportable, paged by key, editable by nobody."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib import admin

from audit.models import StaffAction
from audit.services import record_action
from pages.dashboard.rows import PAGE
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = make_user(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def act(actor, **fields):
    facts = {"action": "hold", "subject": "project:1", "reason": "Odd.", "now": NOW, **fields}
    return record_action(actor=actor, **facts)


def reasons(client, **query):
    text = b"".join(client.get("/funding/actions/", {**query, "format": "csv"})).decode()
    return [row["Why"] for row in csv.DictReader(io.StringIO(text))]


def test_they_are_found_by_who_what_on_what_and_when(staff, client):
    other = make_user(is_staff=True)
    act(staff, reason="one", subject="pledge:7")
    act(other, reason="two", action="refund")
    act(other, reason="three", now=NOW + timedelta(days=1))
    assert reasons(client) == ["three", "two", "one"]
    assert reasons(client, actor=other.email) == ["three", "two"]
    assert reasons(client, action="refund") == ["two"]
    assert reasons(client, subject="pledge:") == ["one"]
    assert reasons(client, since="2026-06-02") == ["three"]
    assert reasons(client, until="2026-06-01") == ["two", "one"]
    assert reasons(client, at=(NOW + timedelta(hours=1)).isoformat()) == ["two", "one"]
    assert client.get("/funding/actions/", {"since": "soon"}).status_code == 400


def test_pages_go_by_key_and_lose_nothing_when_rows_arrive(staff, client):
    for number in range(PAGE + 3):
        act(staff, reason=f"number {number}.")
    first = client.get("/funding/actions/").content.decode()
    last_shown = StaffAction.objects.order_by("-pk")[PAGE - 1]
    assert f"before={last_shown.pk}" in first
    act(staff, reason="a late one")
    second = client.get("/funding/actions/", {"before": last_shown.pk}).content.decode()
    for number in range(3):
        assert f"number {number}." in second
        assert f"number {number}." not in first
    assert "a late one" not in second


def test_the_page_asks_the_same_questions_whatever_the_number(staff, client, django_assert_max_num_queries):
    for _ in range(2):
        with django_assert_max_num_queries(5):  # One of them is the bell's.
            client.get("/funding/actions/")
        for _ in range(30):
            act(make_user(is_staff=True))


def test_an_action_leads_to_what_it_was_done_to(staff, client):
    project = make_project()
    act(staff, subject=f"project:{project.pk}", reason="<script>alert(1)</script>")
    act(staff, subject="oddity:1")
    page = client.get("/funding/actions/").content.decode()
    address = f"/funding/projects/number/{project.pk}/"
    assert f'<a href="{address}">' in page
    assert client.get(address).headers["Location"] == f"/funding/projects/{project.slug}/"
    assert "<script>alert(1)" not in page


def test_the_admin_site_has_no_page_of_them(staff, client):
    assert not admin.site.is_registered(StaffAction)
    assert client.get("/staff/audit/staffaction/").status_code == 404
    assert client.post("/funding/actions/", {}).status_code == 405
