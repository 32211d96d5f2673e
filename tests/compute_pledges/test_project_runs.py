"""A project's page leads to every run and release, and does not grow with them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compute_pledges.models import ModelRelease, Round
from compute_pledges.project_runs import SHOWN
from compute_pledges.web.run_views import RUNS_A_PAGE
from projects.models import Project
from tests.factories.compute import make_run
from tests.factories.people import NOW, make_project
from tests.factories.weave import make_weave

pytestmark = pytest.mark.django_db


def run_of(project, number, *, released=False, **fields):
    run = make_run(project=project, name=f"Run number {number}", created_at=NOW + timedelta(hours=number), **fields)
    rounds = [
        Round(run=run, index=i, theta_sha256="a" * 64, duration_seconds=9, opened_at=NOW, held_out_loss=loss)
        for i, loss in enumerate((4.0, 3.25, None))
    ]
    Round.objects.bulk_create(rounds)
    if released:
        ModelRelease.objects.create(
            run=run, round=rounds[1], state="released", license="MIT", intended_use="x", limitations="y",
            card="---\n---\n", released_by=run.started_by, asked_at=NOW, released_at=NOW + timedelta(days=number),
        )  # fmt: skip
    return run


def main_of(client, address):
    return client.get(address).content.decode().split("<main")[1]


def test_the_page_leads_to_current_and_finished_runs_and_to_releases(client):
    project = make_project()
    address = f"/projects/{project.slug}/"
    assert 'id="training"' not in main_of(client, address)
    old = run_of(project, 1, released=True, state="stopped")
    new = run_of(project, 2)
    page = main_of(client, address)
    rows = [f'<th scope="row"><a href="/runs/{run.pk}/">' for run in (new, old)]
    assert 0 < page.index(rows[0]) < page.index(rows[1])
    assert page.count(f'"/runs/{old.pk}/release/"') == 2
    assert f'"/runs/{new.pk}/release/"' not in page
    assert "with a held-out loss of 3.250" in page
    assert ">Stopped</td>" in page
    assert "All runs and releases" not in page


def test_the_page_stays_small_and_another_has_the_rest_in_pages(client):
    project = make_project()
    counts, address = [], f"/projects/{project.slug}/"
    main_of(client, address)  # The day's first visit makes the row in which visits are counted.
    for more in (1, RUNS_A_PAGE + 2):
        for number in range(more):
            run_of(project, 100 * more + number, released=number % 2 == 0)
        with CaptureQueriesContext(connection) as asked:
            page = main_of(client, address)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert page.count(">Files and card<") <= SHOWN
    assert page.count("Run number") <= 4 * SHOWN
    everything = f"/projects/{project.slug}/runs/"
    assert f'"{everything}"' in page
    found = [main_of(client, f"{everything}?page={number}") for number in (1, 2)]
    assert [text.count('<th scope="row">') for text in found] == [RUNS_A_PAGE, 3]
    assert "Page 2 of 2" in found[1]
    released = main_of(client, f"{everything}?released=yes")
    assert released.count('<th scope="row">') == ModelRelease.objects.count() == 15
    with CaptureQueriesContext(connection) as asked:
        client.get(everything)
    assert len(asked) <= 3


def test_what_is_not_public_lists_nothing(client):
    project = make_project()
    run_of(project, 1)
    Project.objects.filter(pk=project.pk).update(state="suspended")
    assert client.get(f"/projects/{project.slug}/runs/").status_code == 404
    client.force_login(project.creator)
    assert 'id="training"' not in main_of(client, f"/projects/{project.slug}/")
    assert client.get("/projects/no-such/runs/").status_code == 404


def test_the_cover_is_the_newest_run_that_has_something_to_show(client):
    project = make_project()
    woven = make_weave(project, rounds=4)
    make_run(project=project, created_at=NOW + timedelta(days=9))
    assert f'<a href="/runs/{woven.pk}/">Watch it train</a>' in main_of(client, f"/projects/{project.slug}/")
