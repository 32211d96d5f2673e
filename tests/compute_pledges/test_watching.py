"""The run's page beside its weave: whose machine does what now, the data it reads, one prompt at every checkpoint."""

import hashlib
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compute_pledges.models import Lease, Round, TrainingRun
from compute_pledges.services.blobs import store_blob
from compute_pledges.standing import teams
from compute_pledges.watching import answer_of, panes_of
from projects.models import Project
from tests.factories.compute import Agent, make_run, open_round
from tests.factories.people import NOW, make_user
from tests.factories.pledges import HOUR_US, machine, worked

pytestmark = pytest.mark.django_db


def closed(run, index, loss=None, sample=""):
    return Round.objects.create(
        run=run, index=index, theta_sha256="a" * 64, duration_seconds=12, opened_at=NOW, closed_at=NOW,
        held_out_loss=loss, sample=sample,
    )  # fmt: skip


def test_the_pane_says_what_the_own_machine_does_and_which_shard_it_reads():
    shards = [{"sha256": str(n) * 64, "bytes": 1000 + n} for n in range(7)]
    run = make_run()
    TrainingRun.objects.filter(pk=run.pk).update(data={"name": "Books", "license": "CC0-1.0", "train": shards})
    run.refresh_from_db()
    open_round(run)
    agent, stranger = Agent(), Agent()
    lease = agent.lease(run, NOW)
    panes = panes_of(run=run, user=agent.device.owner, now=NOW)
    assert panes.sentence == "machine trains round 0."
    number = int.from_bytes(hashlib.sha256(f"shard|{lease.seed}".encode()).digest()[:8], "big") % 7
    shard = panes.shard
    assert (shard.number, shard.of, shard.sha256, shard.license) == (number + 1, 7, str(number) * 64, "CC0-1.0")
    other = panes_of(run=run, user=stranger.device.owner, now=NOW)
    assert other.sentence == "Your machines have not trained this run yet."
    assert (other.shard.number, other.shard.size) == (0, sum(shard["bytes"] for shard in shards))
    everyone = panes_of(run=run, user=AnonymousUser(), now=NOW)
    assert (everyone.sentence, everyone.credit) == ("One machine trains at this moment.", None)
    Lease.objects.update(state="expired")
    assert panes_of(run=run, user=AnonymousUser(), now=NOW).sentence == "No machine trains at this moment."


def test_the_pane_shows_the_credit_of_this_run_and_the_team():
    run, other = make_run(), make_run()
    user = make_user()
    teams.found_team(name="Red", about="", by=user, now=NOW)
    device = machine(owner=user)
    worked(run, open_round(run), device, 3)
    worked(other, open_round(other), device, 9)
    panes = panes_of(run=run, user=user, now=NOW + timedelta(seconds=1))
    assert (panes.credit.h100_us, panes.team) == (3 * HOUR_US, "Red")
    assert "has sent its block of round 0" in panes.sentence


def test_the_loss_is_drawn_from_its_first_to_its_last_round():
    run = make_run()
    for index, loss in enumerate((4.0, 3.0, 2.0)):
        closed(run, index, loss)
    panes = panes_of(run=run, user=AnonymousUser(), now=NOW)
    assert panes.losses == [(0, 4.0), (1, 3.0), (2, 2.0)]
    assert panes.spark == "0.0,3.0 120.0,24.0 240.0,45.0"


def test_each_checkpoint_answers_the_same_prompt():
    run = make_run()
    assert answer_of(run=run, index=None).round is None
    for index in (0, 1, 5):
        closed(run, index, 3.0, f"answer {index}")
    open_round(run, 6)
    for asked, shown in ((None, 5), (0, 0), (3, 1), (99, 5)):
        found = answer_of(run=run, index=asked)
        assert (found.round.index, found.first, found.last) == (shown, 0, 5)


def test_the_parts_of_the_page_are_fetched_on_their_own_and_escape_what_a_model_wrote(client):
    run = make_run()
    closed(run, 0, 3.0, "<script>alert(1)</script>")
    closed(run, 1, 2.0, "fine")
    page = client.get(f"/runs/{run.pk}/?round=0").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert 'max="1" value="0"' in page
    assert "fine" in client.get(f"/runs/{run.pk}/answer/").content.decode()
    assert "The machines now" in client.get(f"/runs/{run.pk}/panes/").content.decode()
    for wrong in ("x", "-1", "9" * 12):
        assert client.get(f"/runs/{run.pk}/answer/?round={wrong}").status_code == 404
    Project.objects.filter(pk=run.project_id).update(state="draft")
    for part in ("", "answer/", "panes/", "live/"):
        assert client.get(f"/runs/{run.pk}/{part}").status_code == 404


def test_a_picture_is_served_as_an_image_only(client):
    run = make_run()
    png = b"\x89PNG\r\n\x1a\n" + b"x" * 20
    digest = hashlib.sha256(png).hexdigest()
    store_blob(sha256=digest, stream=io.BytesIO(png))
    closed(run, 0, 3.0)
    assert client.get(f"/runs/{run.pk}/answer/0.png").status_code == 404
    Round.objects.update(sample_sha256=digest)
    answer = client.get(f"/runs/{run.pk}/answer/0.png")
    assert (b"".join(answer), answer["Content-Type"]) == (png, "image/png")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/runs/{run.pk}/answer/1.png").status_code == 404


def test_the_page_asks_the_same_questions_at_two_sizes(client):
    run = make_run()
    user = make_user()
    client.force_login(user)
    counts = []
    for size in (1, 6):
        for _ in range(size):
            round_ = closed(run, run.rounds.count(), 3.0, "text")
            worked(run, round_, machine(owner=user), 1)
            worked(run, round_, machine(), 1)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/runs/{run.pk}/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 22
