"""The weave on the pages of projects."""

from datetime import timedelta

import pytest

from compute_pledges.templatetags.training import liveliest_weave, project_weave
from tests.factories.compute import make_run
from tests.factories.people import NOW, make_project
from tests.factories.weave import make_weave

pytestmark = pytest.mark.django_db


def test_the_start_page_shows_the_public_run_that_moved_last():
    assert liveliest_weave() is None
    older = make_weave(make_project(), machines=2, rounds=3, now=NOW)
    assert liveliest_weave().run == older
    hidden = make_project(state="suspended")
    make_run(project=hidden)
    assert liveliest_weave().run == older


def test_a_suspended_projects_run_is_not_shown_however_new():
    hidden = make_weave(make_project(state="suspended"), machines=1, rounds=2, now=NOW + timedelta(days=1))
    assert liveliest_weave() is None
    assert project_weave(hidden.project).run == hidden


def test_a_run_without_work_leaves_the_loom_empty(client):
    project = make_project()
    make_run(project=project)
    assert project_weave(project) is None
    assert "Nothing is woven yet" in client.get(project.get_absolute_url()).content.decode()
    assert "a cell fills when its work is accepted" in client.get("/").content.decode().replace("A cell", "a cell")


def test_a_run_with_a_curve_shows_it_though_no_block_is_kept(client):
    run = make_weave(make_project(state="completed"), machines=0, rounds=3, now=NOW)
    run.state = "stopped"
    run.save()
    page = client.get(run.project.get_absolute_url()).content.decode()
    assert 'class="thread"' in page
    assert "The run is stopped. Round" in page
