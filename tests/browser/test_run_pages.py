"""The pages on which a creator declares, changes and ends runs, looked at in every width and theme, and used."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compute_pledges.examples import EXAMPLES
from compute_pledges.models import RunDraft, TrainingRun
from compute_pledges.services.data_sets import add_data_set
from compute_pledges.services.drafts import Declared, keep_draft
from compute_pledges.services.run_states import change_hyper, change_run_state
from tests.factories.people import make_project
from tests.factories.weave import make_weave

pytestmark = pytest.mark.django_db(transaction=True)
LINES = b"".join(b"line %d of a text that is trained on\n" % n for n in range(3000))


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.BLOB_ROOT, settings.HUB_DATA_ALLOWED = tmp_path, True


@pytest.fixture
def project(sign_in):
    project = make_project(slug="woven", title="A small model of " + "w" * 60)
    sign_in(project.creator)
    return project


@pytest.fixture
def run(project):
    now = timezone.now()
    run = make_weave(project, now=now - timedelta(minutes=10), rounds=12)
    change_run_state(run=run, user=project.creator, target="paused", now=now)
    change_hyper(run=run, user=project.creator, hyper={"inner_lr": 0.002, "clip": 4.0}, now=now, reason="Too slow")
    run.refresh_from_db()
    return run


@pytest.fixture
def data_set(project):
    return add_data_set(
        owner=project.creator, name="Lines of " + "x" * 60, license_text="CC0-1.0", data_format="text", chunks=[LINES],
        now=timezone.now(), origin={"files": ["a-file-with-a-long-name" * 4]},
    )  # fmt: skip


@pytest.fixture
def draft(project, data_set):
    config = {**EXAMPLES["causal-lm"], "architectures": ["GPT2LMHeadModel"], "resid_pdrop": 0.1}
    declared = Declared("First run", "causal-lm", config, {}, data_set, None, 64_000, "def ")
    return keep_draft(project=project, user=project.creator, declared=declared, now=timezone.now())


@pytest.mark.parametrize("part", ["settings/", "fork/", "stop/", ""])
def test_what_changes_a_run(findings, run, part):
    TrainingRun.objects.update(error="A shard of 9 tokens is shorter than a sequence.", error_at=timezone.now())
    assert findings(f"/runs/{run.pk}/{part}") == ""


@pytest.mark.parametrize("part", ["data/", "data/upload/", "data/hub/", "data/{data_set}/", "runs/new/"])
def test_data_sets(findings, project, data_set, part):
    assert findings("/projects/woven/" + part.format(data_set=data_set.pk)) == ""


def test_a_checked_declaration(findings, project, draft):
    assert findings(f"/projects/woven/runs/drafts/{draft.pk}/") == ""


def test_a_run_is_declared_checked_and_started_without_scripts(new_context, context, live_server, project, tmp_path):
    page = new_context(java_script_enabled=False, storage_state=context.storage_state()).new_page()
    page.goto(f"{live_server.url}/projects/woven/runs/new/")
    page.get_by_role("link", name="Masked language model").click()
    page.get_by_label("Name").fill("Masks")
    page.get_by_text("Finer settings").click()
    page.get_by_label("Outer momentum").fill("7")
    page.get_by_role("button", name="Check and estimate").click()
    page.get_by_text("less than or equal to 0.99").wait_for()
    page.get_by_label("Outer momentum").fill("0.8")
    page.get_by_role("button", name="Check and estimate").click()
    page.get_by_text("Nothing has started yet").wait_for()
    page.get_by_role("button", name="Start the run").click()
    page.get_by_text("The run is recorded. The cluster").wait_for()
    run = TrainingRun.objects.get()
    assert (run.name, run.task, run.hyper["outer_momentum"]) == ("Masks", "masked-lm", 0.8)
    assert RunDraft.objects.get().run == run
