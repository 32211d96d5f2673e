"""Sums of days that are over: what a page says is the same with them and without them, and they stay true."""

from datetime import date, timedelta

import pytest

from compute_pledges.funnel import compute_funnel
from compute_pledges.live import weave_of
from compute_pledges.models import GpuTimeDay, JournalClosing
from compute_pledges.services.closing import close_days
from compute_pledges.services.verification import quarantine
from compute_pledges.sums import moved_by_project, moved_in_run
from tests.factories.compute import NOW, Agent, make_run, open_round
from tests.factories.pledges import HOUR_US, worked

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=3)


@pytest.fixture
def run():
    """Work of three days in two runs; the last of them was taken back."""
    run, other = make_run(), make_run()
    device = Agent().device
    for number, each in enumerate((run, other)):
        round_ = open_round(each)
        for days in range(3):
            worked(each, round_, device, 1 + number, now=NOW + timedelta(days=days))
    return run


def told(run, at):
    rows = sorted((row.debit, row.credit, row.device_us, row.tokens, row.blocks) for row in moved_in_run(run, at=at))
    return rows, compute_funnel(at=at), weave_of(run, now=at).totals


def test_closing_days_changes_no_figure_of_any_moment(run):
    moments = [NOW + timedelta(hours=12 * n) for n in range(8)]
    before = [told(run, at) for at in moments]
    assert close_days(now=LATER) == 12
    assert JournalClosing.objects.get().closed_until == LATER.date()
    assert [told(run, at) for at in moments] == before
    assert weave_of(run, now=LATER).totals == {
        "tokens": 3, "device_us": 3 * HOUR_US, "h100_us": 3 * HOUR_US, "blocks": 3, "machines": 1,
    }  # fmt: skip


def test_a_day_is_closed_once_and_two_hours_after_its_end(run):
    assert close_days(now=NOW.replace(hour=1) + timedelta(days=1)) == 0
    assert close_days(now=NOW.replace(hour=2) + timedelta(days=1)) == 4
    assert close_days(now=NOW.replace(hour=3) + timedelta(days=1)) == 0
    assert close_days(now=LATER) == 8
    assert GpuTimeDay.objects.count() == 12


def test_what_is_taken_back_later_leaves_the_totals(run):
    close_days(now=LATER)
    quarantine(device_id=weave_of(run, now=LATER).machines[0].device_id, reason="test", now=LATER)
    assert weave_of(run, now=LATER).totals["blocks"] == 0
    assert weave_of(run, now=LATER).totals["machines"] == 0


def test_sums_since_a_day_leave_out_what_was_before(run):
    close_days(now=LATER - timedelta(days=1))
    since = (NOW + timedelta(days=1)).date()
    moved = {
        row.credit: row.device_us for row in moved_by_project(at=LATER, since=since) if row.project_id == run.project_id
    }
    assert moved == {"reported": 2 * HOUR_US, "verified": 2 * HOUR_US}
    assert moved_by_project(at=LATER, since=date(2030, 1, 1)) == []
