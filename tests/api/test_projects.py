"""Projects over the API: filters, orders, cursors, parts, nothing private; queries bounded."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.contributions import record_contribution
from projects.discovery.ranking import rank_projects
from tests.api.calling import Caller
from tests.factories.people import NOW, make_project

pytestmark = pytest.mark.django_db


def slugs(answer):
    return [item["slug"] for item in answer.json()["items"]]


def walked(client, address):
    """Every slug over all pages."""
    found = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        found += slugs(answer)
        address = answer.json()["next"]
    return found


@pytest.mark.parametrize("sort", ["trending", "newest", "ending", "funded", ""])
def test_pages_by_cursor_give_each_project_once_in_order(client, sort):
    made = [
        make_project(
            deadline_at=NOW + timedelta(days=n % 3 + 1), launched_at=NOW - timedelta(days=n % 4) if n else None
        )
        for n in range(9)
    ]
    for n, project in enumerate(made[:5]):
        record_contribution(
            project=project, source=f"t:{n}", stage="pledged", event="made", kind="money", amount=(n // 2 + 1) * 1000,
            now=NOW,
        )  # fmt: skip
    rank_projects(now=NOW)
    whole = slugs(client.get(f"/api/v1/projects?sort={sort}&limit=100"))
    assert sorted(whole) == sorted(project.slug for project in made)
    assert walked(client, f"/api/v1/projects?sort={sort}&limit=2") == whole


def test_words_facets_and_best_match_are_those_of_the_page(client):
    first = make_project(title="Harbor voices", model_kind="audio")
    make_project(title="Harbor maps", model_kind="vision")
    make_project(title="Harbor secrets", model_kind="audio", state="draft")
    assert slugs(client.get("/api/v1/projects?q=harbor&kind=audio")) == [first.slug]
    assert len(walked(client, "/api/v1/projects?q=harbr&limit=1")) == 2


def test_several_values_of_a_facet_are_any_of_them_through_the_pages(client):
    made = {make_project(weights_license=one).slug for one in ("MIT", "Apache-2.0")}
    make_project(weights_license="GPL-3.0-only")
    assert set(slugs(client.get("/api/v1/projects?license=MIT&license=Apache-2.0"))) == made
    assert set(walked(client, "/api/v1/projects?license=MIT&license=Apache-2.0&limit=1")) == made


@pytest.mark.parametrize("cursor", ["", "x", "W10", "WyJlbmRpbmciLDEsMV0", "WyJ0cmVuZGluZyIsIngiLCJ5Il0", "%00", "e30"])
def test_a_cursor_of_something_else_is_refused_in_words(client, cursor):
    make_project()
    answer = client.get(f"/api/v1/projects?cursor={cursor}")
    assert answer.status_code == (400 if cursor else 200)


def test_a_project_with_its_parts(client):
    project = make_project(slug="whole")
    project.rewards.create(title="Thanks", threshold_minor=500)
    project.lab_notes.create(
        number=1, author=project.creator, title="W1", body="x", body_html="<p>x</p>", published_at=NOW
    )
    told = client.get("/api/v1/projects/whole").json()
    assert (told["title"], told["story"], told["licenses"]["weights"]) == (project.title, "Text.", "Apache-2.0")
    assert client.get("/api/v1/projects/whole/rewards").json()["items"][0]["title"] == "Thanks"
    assert client.get("/api/v1/projects/whole/notes").json()["items"][0]["body_html"] == "<p>x</p>"
    assert client.get("/api/v1/projects/whole/meters").json()["money"]["minimum_minor"] == 10_000
    assert client.get("/api/v1/projects/whole/ledger").json() == {"items": [], "next": None}
    assert client.get("/api/v1/projects/whole/ledger/totals").json()["totals"][0]["label"] == "Collected"
    assert client.get("/api/v1/projects/whole/releases").json() == {"items": [], "next": None}


@pytest.mark.parametrize("part", ["", "/meters", "/rewards", "/notes", "/ledger", "/ledger/totals", "/releases"])
def test_a_draft_is_not_there(client, part):
    make_project(slug="hidden", state="draft")
    assert client.get(f"/api/v1/projects/hidden{part}").status_code == 404


def test_a_note_is_published_by_the_creator_alone():
    project = make_project(slug="mine")
    note = {"title": "Week 1", "body": "**Loss** fell."}
    assert Caller().post("projects/mine/notes", note).status_code == 404
    answer = Caller(project.creator).post("projects/mine/notes", note)
    assert (answer.status_code, answer.json()["body_html"]) == (201, "<p><strong>Loss</strong> fell.</p>\n")
    assert project.lab_notes.count() == 1


@pytest.mark.parametrize("count", [3, 40])
def test_lists_take_four_queries_whatever_their_length(count):
    caller = Caller()
    for _ in range(count):
        make_project()
    caller.get("projects")
    with CaptureQueriesContext(connection) as queries:
        assert len(slugs(caller.get("projects?limit=50"))) == count
    assert len(queries) <= 4
    with CaptureQueriesContext(connection) as queries:
        caller.get(f"projects/{slugs(caller.get('projects?limit=1'))[0]}")
    assert len(queries) <= 8
