"""Dead anchors and stuck runs come first on the dashboard; machines' time is real, whatever the clock control says."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from clock.services import move_clock
from compute_pledges.exceptions import ANCHOR_SECONDS, compute_counts
from compute_pledges.models import Round, TrainingRun
from compute_pledges.selectors_admin import health_words, run_health
from tests.factories.compute import make_run, open_round
from tests.factories.people import make_project, make_user
from tests.factories.pledges import HOUR_US, machine, promise, worked
from tests.pages.test_compute_admin import audited, csv_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    user = make_user(is_staff=True)
    client.force_login(user)
    return user


def run_of(*, opened=None, closed=None, created=None, **fields):
    """A run whose newest round opened and closed so many seconds ago; rounds last 12 seconds."""
    now = timezone.now()
    run = make_run(created_at=now - timedelta(seconds=created or 10_000))
    if opened is not None:
        open_round(run, now=now - timedelta(seconds=opened))
        Round.objects.filter(run=run).update(duration_seconds=12)
    if closed is not None:
        Round.objects.filter(run=run).update(closed_at=now - timedelta(seconds=closed))
    if fields:
        TrainingRun.objects.filter(pk=run.pk).update(**fields)
    return run


def stuck(now=None):
    now = now or timezone.now()
    return compute_counts(now=now, waiting_since=now).stuck_runs


@pytest.mark.parametrize(
    ("fields", "is_stuck", "words"),
    [
        ({"opened": 5}, False, "waits for machines"),
        ({"opened": 60}, True, "its anchor is silent"),
        ({"opened": 60, "closed": 20}, False, "waits for machines"),
        ({"opened": 2 * ANCHOR_SECONDS, "closed": ANCHOR_SECONDS + 9}, True, "its anchor is silent"),
        ({"created": 20}, False, "waits for its anchor"),
        ({}, True, "its anchor never opened a round"),
        ({"opened": 5, "error": "No such model."}, True, "its anchor says: No such model."),
        ({"opened": 999, "state": "paused"}, False, "paused"),
    ],
)
def test_a_silent_anchor_reads_as_such_with_and_without_machines(admin, client, fields, is_stuck, words):
    run = run_of(**fields)
    (row,) = run_health(timezone.now(), None)
    assert health_words(row).startswith(words)
    assert stuck() == is_stuck
    page = client.get("/funding/").content.decode()
    assert ("1 run that does not go on" in page.split("Money</h2>")[0]) == is_stuck
    if fields.get("opened"):
        worked(run, run.rounds.get(), machine(), 0.001, now=timezone.now())
        (row,) = run_health(timezone.now(), None)
        assert health_words(row).startswith("healthy" if words == "waits for machines" else words)


def test_runs_that_stand_still_come_first_and_stopped_ones_never(admin, client):
    fresh, silent = run_of(opened=1, name="fresh"), run_of(opened=500, name="silent")
    run_of(opened=500, state="stopped")
    assert [row.pk for row in run_health(timezone.now(), None)] == [silent.pk, fresh.pk]
    assert [row["Run"] for row in csv_rows(client, "runs")] == ["silent", "fresh"]
    assert stuck() == 1


def test_a_moment_in_the_past_is_judged_by_what_was_known_then():
    run_of(opened=500, created=600)
    assert (stuck(timezone.now() - timedelta(seconds=490)), stuck()) == (0, 1)
    assert stuck(timezone.now() - timedelta(seconds=700)) == 0


@pytest.mark.parametrize("days", [40, -40])
def test_the_clock_control_shifts_no_machine(admin, client, days):
    now = timezone.now()
    run = make_run(project=make_project(compute_minimum_us=50 * HOUR_US), created_at=now)
    round_ = open_round(run, now=now)
    promise(run.project, 1)
    audited(worked(run, round_, machine(), 0.5, now=now))
    move_clock(offset=timedelta(days=days))
    cache.clear()
    page = client.get("/funding/").content.decode()
    assert "does not go on" not in page
    assert ">healthy<" in page
    assert "Of the work judged in 30 days, 100% was computed again" in page
    assert csv_rows(client, "runs")[0]["Health"] == "healthy"
    assert len(csv_rows(client, "audits")) == 1
    assert len(csv_rows(client, "audit-costs")) == 1
    assert ("in the real time of machines" in page) == (days > 0)
