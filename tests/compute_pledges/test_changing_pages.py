"""A run is changed, forked and stopped on pages, in front of everyone; the platform ends what is over."""

import pytest
from django.urls import reverse

from compute_pledges.errors import RunRefused
from compute_pledges.models import RunChange, TrainingRun, WorkResult
from compute_pledges.selectors_admin import health_words, run_health
from compute_pledges.services.run_endings import end_runs, trained_samples
from compute_pledges.services.run_states import change_run_state
from compute_pledges.services.runs import register_round, run_token
from tests.compute_pledges.test_pages import form_values
from tests.factories.compute import Agent, make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import worked

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(client):
    run = make_run()
    client.force_login(run.project.creator)
    return run


def page(client, run, name="run", **query):
    return client.get(reverse(f"compute:{name}", args=[run.pk]), query)


def send(client, run, to, **changes):
    address = reverse(f"compute:{to}", args=[run.pk])
    return client.post(address, form_values(client.get(address).context["form"]) | changes)


def test_changed_settings_are_in_the_history_that_everyone_reads(client, run):
    refused = send(client, run, "run_settings", inner_lr="0.002", reason="Too slow")
    assert (refused.status_code, "Pause the run first" in refused.content.decode()) == (422, True)
    assert 'value="0.002"' in refused.content.decode()
    paused = client.post(reverse("compute:run_state", args=[run.pk]), {"state": "paused", "next": "settings"})
    assert paused.url == reverse("compute:run_settings", args=[run.pk])
    assert "Nothing differs" in send(client, run, "run_settings").content.decode()
    assert send(client, run, "run_settings", inner_lr="0.002", reason="Too slow").status_code == 302
    client.logout()
    seen = page(client, run).content.decode()
    assert "Settings changed" in seen
    assert "from 0.001 to 0.002" in " ".join(seen.replace("</span>", "").split())
    assert "Too slow" in seen
    assert run.project.creator.public_name in seen
    assert "Change the settings" not in seen


def test_settings_out_of_bounds_are_marked_where_they_are(client, run):
    answer = send(client, run, "run_settings", clip="-1")
    assert answer.status_code == 422
    assert "<details open>" in answer.content.decode()


def test_a_fork_names_its_checkpoint_and_links_to_its_origin(client, run, settings, tmp_path):
    settings.BLOB_ROOT = tmp_path
    assert "No checkpoint is kept yet" in page(client, run, "fork_run").content.decode()
    (tmp_path / "aa").mkdir()
    (tmp_path / "aa" / ("a" * 64)).write_bytes(b"theta")
    open_round(run, 0)
    assert send(client, run, "fork_run", index="7").status_code == 422
    forked = send(client, run, "fork_run", index="0", name="Slower", inner_lr="0.0005", reason="To compare")
    fork = TrainingRun.objects.get(name="Slower")
    assert (forked.url, fork.forked_from, fork.start_sha256) == (f"/runs/{fork.pk}/", run, "a" * 64)
    seen = page(client, fork).content.decode()
    assert f'href="/runs/{run.pk}/"' in seen
    assert "from 0.001 to 0.0005" in " ".join(seen.replace("</span>", "").split())


def test_stopping_says_what_follows_and_asks_first(client, run):
    asked = page(client, run, "stop_run").content.decode()
    assert "It cannot go on afterwards" in asked
    run.refresh_from_db()
    assert run.state == "running"
    assert send(client, run, "stop_run", reason="Good enough").status_code == 302
    run.refresh_from_db()
    assert (run.state, run.changes.get().reason) == ("stopped", "Good enough")
    assert "stopped already" in page(client, run, "stop_run").content.decode()


@pytest.mark.parametrize("name", ["run_settings", "fork_run", "stop_run"])
def test_only_who_controls_a_run_reaches_its_controls(client, run, name):
    address = reverse(f"compute:{name}", args=[run.pk])
    client.force_login(make_user())
    assert (client.get(address).status_code, client.post(address).status_code) == (403, 403)
    client.logout()
    assert client.get(address).status_code == 302
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert client.get(address).status_code == 200


def test_a_run_ends_once_what_was_planned_is_verified(client, run):
    TrainingRun.objects.update(planned_samples=2)
    run.refresh_from_db()
    device, round_ = Agent().device, open_round(run)
    for tokens in (100, 27):
        worked(run, round_, device, 1, now=NOW)
        WorkResult.objects.filter(tokens=1).update(tokens=tokens)
    assert (trained_samples(run, at=NOW), end_runs(now=NOW)) == (1, 0)
    worked(run, round_, device, 1, now=NOW)
    assert (trained_samples(run, at=NOW), end_runs(now=NOW), end_runs(now=NOW)) == (2, 1, 0)
    change = run.changes.get()
    assert (change.kind, change.actor) == ("finished", None)
    assert change.reason == "128 tokens are trained and verified; 128 tokens were planned."
    seen = page(client, run).content.decode()
    assert "Trained on all that was planned" in seen
    assert "the platform" in seen
    assert "128 tokens of 128 tokens that are planned." in seen


@pytest.mark.parametrize("state", ["failed", "canceled", "abandoned", "completed"])
def test_runs_of_a_project_that_is_over_are_stopped(state):
    over, other = make_run(project=make_project(state=state)), make_run(state="paused")
    assert end_runs(now=NOW) == 1
    over.refresh_from_db()
    other.refresh_from_db()
    assert (over.state, other.state) == ("stopped", "paused")
    assert over.changes.get().kind == RunChange.Kind.ENDED
    with pytest.raises(RunRefused, match="does not go on"):
        change_run_state(run=over, user=over.project.creator, target="running", now=NOW)


def tell(client, run, message, token=None):
    headers = {"Authorization": f"Bearer {token or f'{run.pk}.{run_token(run.pk)}'}"}
    body = {"message": message}
    return client.post(f"/api/v1/runs/{run.pk}/trouble", body, content_type="application/json", headers=headers)


def test_what_an_anchor_cannot_do_is_told_to_the_creator_and_to_admins_until_it_goes_on(client, run):
    other = make_run()
    assert tell(client, run, "x", f"{other.pk}.{run_token(other.pk)}").status_code == 403
    assert tell(client, run, "A shard of 9 tokens is shorter than a sequence of 64.").status_code == 200
    assert "A shard of 9 tokens is shorter" in page(client, run).content.decode()
    row = run_health(NOW, None).get(pk=run.pk)
    assert health_words(row) == "its anchor says: A shard of 9 tokens is shorter than a sequence of 64."
    client.logout()
    assert "A shard of 9 tokens" not in page(client, run).content.decode()
    register_round(run=run, index=0, theta_sha256="a" * 64, duration_seconds=12, now=NOW)
    run.refresh_from_db()
    assert (run.error, run.error_at) == ("", None)


def test_a_long_history_is_bounded(client, run, django_assert_max_num_queries):
    RunChange.objects.bulk_create(
        RunChange(run=run, kind="paused", actor=run.project.creator, made_at=NOW) for _ in range(60)
    )
    with django_assert_max_num_queries(22):
        seen = page(client, run).content.decode()
    assert seen.count("<strong>Paused</strong>") == 50
    assert "10 older changes not shown" in seen
