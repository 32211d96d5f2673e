"""The funding dashboard: for admins only, true to the rows, exportable, as of a moment."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.services import record_action
from compute_pledges.models import Device
from pages.dashboard.views import SOURCES
from payments.services import collecting
from payments.services.reconciling import reconcile
from projects.closing import close_project
from tests.factories.compute import Agent
from tests.factories.payments import pledged
from tests.factories.people import NOW, make_project, make_user
from values.csv_lines import safe_cell

pytestmark = pytest.mark.django_db


def figure(page, name):
    """The text of a figure on the page."""
    return re.search(rf'data-figure="{name}"[^>]*>([^<]*)<', page).group(1)


@pytest.fixture
def admin_client_(client):
    client.force_login(make_user(is_staff=True))
    return client


@pytest.mark.parametrize("path", ["/funding/", "/funding/rows/money-pledged/"])
def test_everyone_but_admins_is_refused(client, path):
    assert client.get(path).status_code == 302
    for role in ({}, {"is_reviewer": True}):
        client.force_login(make_user(**role))
        assert client.get(path).status_code == 403


@pytest.mark.parametrize("key", SOURCES)
def test_each_figure_has_rows_and_a_csv(admin_client_, key):
    assert admin_client_.get(f"/funding/rows/{key}/").status_code == 200
    answer = admin_client_.get(f"/funding/rows/{key}/?format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_money_is_the_ledgers_to_the_cent_and_can_be_asked_of_an_earlier_moment(admin_client_, standin):
    project = make_project(funding_minimum=100_00)
    pledged(project, amount=60_07)
    pledged(project, amount=50_00)
    after = project.deadline_at
    close_project(project_id=project.pk, now=after)
    collecting.freeze_projects(now=after)
    collecting.collect_due(now=after)
    page = admin_client_.get("/funding/", {"at": (after + timedelta(hours=1)).isoformat()}).content.decode()
    assert figure(page, "money-collected-EUR") == "€110.07"
    before = admin_client_.get("/funding/", {"at": (NOW + timedelta(hours=1)).isoformat()}).content.decode()
    assert figure(before, "money-collected-EUR") == "€0"
    assert figure(before, "money-collectable-EUR") == "€110.07"
    at = (after + timedelta(hours=1)).isoformat()
    text = b"".join(admin_client_.get("/funding/rows/money-collected/", {"format": "csv", "at": at})).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    held = sum(int(row["Credit in minor units"]) for row in rows if row["Account"] == "project_held")
    assert held == 110_07


def test_exceptions_come_first(admin_client_, standin):
    assert (
        "difference" not in admin_client_.get("/funding/").content.decode().split("Money</h2>")[0].split("Nothing:")[0]
    )
    Device.objects.filter(pk=Agent().device.pk).update(state="quarantined", quarantine_reason="fake work")
    reconcile(now=NOW, listed_at=NOW)
    page = admin_client_.get("/funding/").content.decode()
    assert "1 device in quarantine" in page
    assert page.index("1 device in quarantine") < page.index("Money</h2>")


def test_the_dashboard_asks_the_same_questions_whatever_the_number_of_projects(
    admin_client_, django_assert_max_num_queries
):
    for _ in range(2):
        with django_assert_max_num_queries(28):
            admin_client_.get("/funding/")
        for _ in range(5):
            make_project()


def test_it_is_drawn_once_in_ten_seconds_for_all_admins_and_anew_after_what_an_admin_does(admin_client_, settings):
    settings.VISITORS_PAGE_SECONDS = 10
    assert "quarantine" not in (page := admin_client_.get("/funding/").content.decode()).split("Nothing:")[0]
    device = Agent().device
    Device.objects.filter(pk=device.pk).update(state="quarantined", quarantine_reason="fake work")
    second, third = make_user(is_staff=True), Client()
    third.force_login(second)
    with CaptureQueriesContext(connection) as queries:
        assert page.split("<main")[1] == third.get("/funding/").content.decode().split("<main")[1]
    assert len(queries) <= 5
    assert "1 device in quarantine" in third.get("/funding/", {"at": "2027-01-01T00:00Z"}).content.decode()
    record_action(actor=second, action="looked", subject=f"device:{device.pk}", reason="To see.", now=NOW)
    assert "1 device in quarantine" in admin_client_.get("/funding/").content.decode()
    german = admin_client_.get("/funding/", headers={"accept-language": "de"}).content.decode()
    assert german.split("<main")[1] != page.split("<main")[1]


@pytest.mark.parametrize("query", ["?at=yesterday", "?project=x"])
def test_questions_that_make_no_sense_are_not_found(admin_client_, query):
    assert admin_client_.get(f"/funding/rows/money-pledged/{query}").status_code == 404


@pytest.mark.parametrize("evil", ["=cmd()", "+1", "-1+2", "@x"])
def test_a_cell_is_no_formula(evil):
    assert safe_cell(evil) == f"'{evil}"
