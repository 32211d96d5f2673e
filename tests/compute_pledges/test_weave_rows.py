"""Who is named in the weave, whose rows are drawn though others worked more, and the weave as a table."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from compute_pledges import live
from compute_pledges.cells import MACHINES_A_PAGE, ROUNDS_A_PAGE, cell_table
from compute_pledges.models import Device, Round, TrainingRun
from compute_pledges.standing.listing import choose_listing
from compute_pledges.weave_rows import pixels
from projects.models import Project
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import machine, worked

pytestmark = pytest.mark.django_db


def closed(run, index):
    return Round.objects.create(
        run=run, index=index, theta_sha256="a" * 64, duration_seconds=12, opened_at=NOW, closed_at=NOW, held_out_loss=3
    )


def labels(run):
    return [one.label for one in live.weave_of(run, now=NOW).machines]


def test_a_persons_second_machine_has_a_number_that_stays(monkeypatch):
    run, user = make_run(), make_user()
    round_, later = closed(run, 0), closed(run, 1)
    first, second = machine(owner=user), machine(owner=user, paired_at=NOW + timedelta(seconds=1))
    worked(run, round_, first, 1)
    worked(run, round_, second, 1)
    worked(run, later, second, 1)
    assert labels(run) == [user.public_name, f"{user.public_name} 2"]
    monkeypatch.setattr(live, "MACHINES", 1)
    assert labels(run) == [f"{user.public_name} 2"]


def test_who_left_the_lists_is_named_nowhere_but_to_themselves(client):
    run, user = make_run(), make_user()
    round_ = closed(run, 0)
    for number in range(2):
        worked(run, round_, machine(owner=user, name=f"attic {number}", paired_at=NOW + timedelta(seconds=number)), 1)
    choose_listing(user=user, hidden=True, now=NOW)
    drawn = render_to_string("compute/_live.html", {"run": run, "weave": live.weave_of(run, now=NOW)})
    for text in (
        drawn,  # What the event stream sends to everybody.
        json.dumps(live.run_snapshot(run, now=NOW)),
        *(client.get(f"/runs/{run.pk}/{part}").content.decode() for part in ("", "live/", "cells/", "snapshot/")),
    ):
        assert user.public_name not in text
        assert "attic" not in text
    assert {len(label) for label in labels(run)} == {len("Unnamed 1a2b")}
    client.force_login(user)
    assert "attic 1" in client.get(f"/runs/{run.pk}/").content.decode()
    choose_listing(user=user, hidden=False, now=NOW)
    assert labels(run) == [user.public_name, f"{user.public_name} 2"]


def test_own_machines_are_drawn_however_much_others_work(client, monkeypatch):
    monkeypatch.setattr(live, "MACHINES", 2)
    monkeypatch.setattr(live, "OWN_MACHINES", 1)
    run, user = make_run(), make_user()
    rounds = [closed(run, index) for index in range(3)]
    busy = [machine() for _ in range(2)]
    for round_ in rounds:
        for device in busy:
            worked(run, round_, device, 1)
    slow, slower = machine(owner=user, name="attic"), machine(owner=user, name="cellar")
    for round_, device in ((rounds[0], slow), (rounds[1], slow), (rounds[2], slower)):
        worked(run, round_, device, 1)
    assert user.public_name not in labels(run)
    client.force_login(user)
    for address in (f"/runs/{run.pk}/", f"/runs/{run.pk}/own/"):
        page = client.get(address).content.decode()
        assert "Your attic is not among the 2 that worked most in these rounds" in page
        assert "attic, round 1: " in page
        assert "1 more of yours" in page
    assert live.own_rows(run=run, user=busy[0].owner).machines == []
    client.logout()
    assert client.get(f"/runs/{run.pk}/own/").status_code == 302


def test_own_rows_among_the_busiest_carry_the_names_that_the_owner_gave(client):
    run, user = make_run(), make_user()
    worked(run, closed(run, 0), machine(owner=user, name="kitchen <b>"), 1)
    client.force_login(user)
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert 'class="own">kitchen &lt;b&gt;</li>' in page
    assert "kitchen &lt;b&gt;, round 0: " in page
    assert "not among" not in page


def test_the_table_has_the_cells_facts_page_by_page(client):
    run = make_run()
    rounds = [closed(run, index) for index in range(ROUNDS_A_PAGE + 3)]
    device = machine()
    worked(run, rounds[0], device, 1)
    worked(run, rounds[-1], device, 1, state="auditing")
    newest = cell_table(run=run, until=None, page=1, names={})
    assert [round_.index for round_ in newest.rounds] == list(range(3, ROUNDS_A_PAGE + 3))
    ((_, cells),) = newest.rows
    assert [cell.state for cell in cells if cell] == ["being audited"]
    assert cells[:-1] == [None] * (ROUNDS_A_PAGE - 1)
    oldest = cell_table(run=run, until=newest.older, page=1, names={})
    assert ([round_.index for round_ in oldest.rounds], oldest.older) == ([0, 1, 2], None)
    assert oldest.newer == ROUNDS_A_PAGE + 2
    page = client.get(f"/runs/{run.pk}/cells/?until=2").content.decode()
    assert f"{oldest.rows[0][1][0].tokens:,}<br>" in page
    assert "Later rounds" in page
    assert "<caption" not in page


def test_further_machines_are_on_further_pages_with_as_many_questions(client):
    run = make_run()
    round_ = closed(run, 0)
    counts = []
    for size in (1, MACHINES_A_PAGE + 1):
        for _ in range(size - run.leases.count()):
            worked(run, round_, machine(), 1)
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/runs/{run.pk}/cells/")
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 7
    assert len(cell_table(run=run, until=None, page=2, names={}).rows) == 1
    assert "Further machines" in client.get(f"/runs/{run.pk}/cells/").content.decode()
    assert (
        "has handed in work in these rounds on this page"
        in client.get(f"/runs/{run.pk}/cells/?page=9").content.decode()
    )


def test_a_run_without_rounds_says_so_and_nonsense_is_not_found(client):
    run = make_run()
    assert "No round has begun yet" in client.get(f"/runs/{run.pk}/cells/").content.decode()
    open_round(run)
    for query in ("until=x", "page=-1", "until=9999999999"):
        assert client.get(f"/runs/{run.pk}/cells/?{query}").status_code == 404
    hidden = make_run(project=make_project(state=Project.PRIVATE_STATES[0]))
    for part in ("cells/", "own/"):
        client.force_login(make_user())
        assert client.get(f"/runs/{hidden.pk}/{part}").status_code == 404


def test_a_few_rows_are_drawn_taller():
    assert [pixels(rows) for rows in (1, 3, 5, 40)] == [44, 132, 176, 800]


def test_the_pane_tells_each_of_several_machines_apart():
    from compute_pledges.watching import DOING, panes_of
    from tests.factories.compute import Agent

    run, user = make_run(), make_user()
    TrainingRun.objects.filter(pk=run.pk).update(
        data={"name": "Tales", "license": "CC0-1.0", "language": "de, zxx", "train": [{"sha256": "a" * 64, "bytes": 9}]}
    )
    run.refresh_from_db()
    open_round(run)
    agents = [Agent(owner=user) for _ in range(DOING + 2)]
    for number, agent in enumerate(agents):
        Device.objects.filter(pk=agent.device.pk).update(name=f"machine {number}")
        agent.lease(run, NOW + timedelta(milliseconds=number))
    panes = panes_of(run=run, user=user, now=NOW)
    assert (panes.sentence, panes.detail) == (f"{DOING + 2} of your machines train.", f"The newest {DOING}:")
    assert [one.name for one in panes.machines] == [f"machine {number}" for number in range(DOING + 1, 1, -1)]
    assert panes.machines[0].words.startswith("round 0, up to ")
    assert (panes.shard.reader, panes.shard.number) == (f"machine {DOING + 1}", 1)
    assert panes.shard.language == "German, no language, such as code or images"
