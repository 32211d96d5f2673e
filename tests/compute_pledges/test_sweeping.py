"""Sweeps: one bad item, whatever is wrong with it, stops no other, is seen by admins, and is tried again."""

import pytest

from compute_pledges.models import ComputePledge, SweepFailure
from compute_pledges.services import endings, screening, sweeps
from compute_pledges.services.endings import end_pledges
from compute_pledges.services.screening import screen_blocks
from compute_pledges.services.sweeps import count_live_projects, look_ahead, tend_pledges
from projects.models import Project
from tests.compute_pledges.working import work
from tests.factories.compute import SOON, Agent, make_run
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import promise

pytestmark = pytest.mark.django_db


def broken_for(monkeypatch, module, name, is_bad):
    """`name` of `module` raises for what `is_bad` picks."""
    whole = getattr(module, name)

    def partly(*args, **named):
        if is_bad(*args, **named):
            raise ValueError("poisoned")
        return whole(*args, **named)

    monkeypatch.setattr(module, name, partly)


def test_one_project_that_cannot_be_counted_stops_no_other_and_is_shown_until_it_can(monkeypatch, client):
    bad, good = promise(make_project(), 5), promise(make_project(), 5)
    ComputePledge.objects.filter(pk=good.pk).update(pledged_us=4)
    with monkeypatch.context() as patch:
        broken_for(patch, sweeps, "count_project", lambda project_id, now: project_id == bad.project_id)
        assert count_live_projects(now=NOW) == 1
        count_live_projects(now=NOW)
    failure = SweepFailure.objects.get()
    assert (failure.sweep, failure.item, failure.times) == ("count", str(bad.project_id), 2)
    assert failure.error == "ValueError: poisoned"
    client.force_login(make_user(is_staff=True))
    assert "1 item that sweeps fail on" in client.get("/funding/").content.decode()
    assert "poisoned" in client.get("/funding/rows/sweep-failures/").content.decode()
    count_live_projects(now=NOW)
    assert not SweepFailure.objects.exists()


def test_a_part_that_fails_whole_stops_no_other_part(monkeypatch):
    called = []
    monkeypatch.setattr(sweeps, "grant_rewards", lambda now: 1 // 0)
    monkeypatch.setattr(sweeps, "roll_over_due", lambda now: called.append("rolled") or 1)
    monkeypatch.setattr(sweeps, "remind", lambda now: called.append("reminded") or 2)
    assert tend_pledges(now=NOW) == 3
    assert called == ["rolled", "reminded"]
    assert SweepFailure.objects.get().item == "rewards"


def test_a_pledge_that_cannot_end_stops_no_other(monkeypatch):
    bad, good = promise(make_project(), 5), promise(make_project(), 5)
    Project.objects.update(state="failed")
    broken_for(monkeypatch, endings, "_end", lambda pledge, figures, now: pledge.pk == bad.pk)
    assert end_pledges(now=NOW) == 1
    states = {pledge.pk: pledge.state for pledge in ComputePledge.objects.all()}
    assert states == {bad.pk: "accepted", good.pk: "expired"}
    assert SweepFailure.objects.get().item == str(bad.pk)


def test_a_block_that_cannot_be_screened_stops_no_other(monkeypatch):
    run = make_run()
    agents = [Agent(), Agent()]
    monkeypatch.setattr(screening, "BATCH", 0)
    results = [work(agent, run, index=index) for index, agent in enumerate(agents)]
    monkeypatch.setattr(screening, "BATCH", 10)
    bad = results[0].pk
    broken_for(monkeypatch, screening, "screen_failure", lambda result: result.pk == bad)
    assert screen_blocks(now=SOON) == 1
    results[1].refresh_from_db()
    assert results[1].state != "reported"
    assert SweepFailure.objects.get().item == str(bad)


def test_an_outlook_that_fails_stops_no_other(monkeypatch):
    from compute_pledges.matching import offers

    for _ in range(2):
        project = make_project(compute_minimum_us=10**12, state="funded")
        make_run(project=project)
    bad = Project.objects.order_by("pk").first()
    broken_for(monkeypatch, offers, "outlook_of", lambda project, now: project.pk == bad.pk)
    assert look_ahead(now=NOW) == 1
    assert SweepFailure.objects.get().item == bad.slug
