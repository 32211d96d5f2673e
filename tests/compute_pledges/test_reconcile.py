"""Weeks of pledges: what was due while a run ran, what the journal says, and what never accrues."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compute_pledges.models import ComputePledge, JournalClosing, PledgeWeek, RunChange
from compute_pledges.schedule.free_time import slot_seconds
from compute_pledges.services.pledges import withdraw_pledge
from compute_pledges.services.reconcile import reconcile_pledges
from compute_pledges.services.run_states import change_run_state
from compute_pledges.services.verification import reverse
from compute_pledges.standing.reliability import reliability_of
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project
from tests.factories.pledges import HOUR_US, machine, promise, worked

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MONDAY = (NOW - NOW.weekday() * DAY).replace(hour=0)
NINE_TO_FIVE = frozenset(day * 24 + hour for day in range(5) for hour in range(9, 17))
FIELDS = ("week_starts_at", "promised_us", "verified_us", "reversed_us")


def due(pledge):
    return [(week.week_starts_at, week.promised_us // HOUR_US) for week in pledge.weeks.order_by("week_starts_at")]


def running(project, **fields):
    run = make_run(project=project)
    type(run).objects.filter(pk=run.pk).update(created_at=fields.pop("since", NOW), **fields)
    run.refresh_from_db()
    return run


def long_project():
    return make_project(deadline_at=NOW + 20 * DAY, compute_ends_at=NOW + 90 * DAY)


def test_nothing_is_due_before_a_run_runs_nor_while_it_is_paused():
    project = long_project()
    pledge = promise(project, 500, slots=NINE_TO_FIVE)
    reconcile_pledges(now=NOW + 9 * DAY)
    assert due(pledge) == [(date(2026, 6, 1), 0), (date(2026, 6, 8), 0)]
    run = running(project, since=MONDAY + 9 * DAY + timedelta(hours=12))
    change_run_state(run=run, user=project.creator, target="paused", now=MONDAY + 10 * DAY + timedelta(hours=10))
    change_run_state(run=run, user=project.creator, target="running", now=MONDAY + 11 * DAY + timedelta(hours=16))
    reconcile_pledges(now=MONDAY + 15 * DAY)
    # Wednesday from noon five hours, Thursday one, Friday one; the whole Monday of the week after.
    assert due(pledge) == [(date(2026, 6, 1), 0), (date(2026, 6, 8), 7), (date(2026, 6, 15), 8)]


def test_a_promise_ends_where_it_is_withdrawn_and_when_it_is_used_up():
    project = long_project()
    running(project)
    gone, done, whole = (promise(project, hours, slots=NINE_TO_FIVE) for hours in (500, 20, 100))
    withdraw_pledge(pledge=gone, now=MONDAY + DAY + timedelta(hours=12))
    reconcile_pledges(now=MONDAY + 27 * DAY)
    # From Monday noon: five hours, and three on the Tuesday.
    assert due(gone) == [(date(2026, 6, 1), 8)]
    assert [hours for _, hours in due(done)] == [20, 0, 0, 0]
    assert [hours for _, hours in due(whole)] == [37, 40, 23, 0]
    assert sum(week.promised_us for week in whole.weeks.all()) == whole.pledged_us


def test_who_delivers_everything_in_the_first_week_is_wholly_reliable():
    project = long_project()
    run = running(project)
    pledge = promise(project, 200, slots=NINE_TO_FIVE)
    worked(run, open_round(run), pledge.device, 200, pledge=pledge, now=NOW + DAY)
    reconcile_pledges(now=NOW + 70 * DAY)
    assert [hours for _, hours in due(pledge)][:2] == [37, 0]
    assert reliability_of(user_id=pledge.backer_id, now=NOW + 70 * DAY).percent == 100


def test_weeks_sum_to_the_journal_even_after_the_pledge_has_ended():
    project = long_project()
    run = running(project)
    round_ = open_round(run)
    pledge = promise(project, 50)
    blocks = [worked(run, round_, pledge.device, 3, pledge=pledge, now=NOW + days * DAY) for days in (0, 8, 30)]
    ComputePledge.objects.filter(pk=pledge.pk).update(state="partly_fulfilled", ended_at=NOW + 9 * DAY)
    reconcile_pledges(now=NOW + 31 * DAY)
    reverse(result=blocks[0], reason="test", now=NOW + 40 * DAY)
    reconcile_pledges(now=NOW + 41 * DAY)
    weeks = list(pledge.weeks.order_by("week_starts_at").values_list("verified_us", "reversed_us"))
    assert weeks == [(3 * HOUR_US, 0), (3 * HOUR_US, 0), (3 * HOUR_US, 0), (0, 3 * HOUR_US)]


def test_closed_weeks_are_written_once_and_a_later_schedule_changes_none():
    project = long_project()
    running(project)
    pledge = promise(project, 500, slots=NINE_TO_FIVE)
    reconcile_pledges(now=NOW + 15 * DAY)
    assert JournalClosing.objects.get().weeks_until == date(2026, 6, 15)
    before = list(pledge.weeks.filter(week_starts_at__lt=date(2026, 6, 15)).values())
    pledge.hours.filter(slot__gte=48).delete()
    assert reconcile_pledges(now=NOW + 16 * DAY) == 1
    assert list(pledge.weeks.filter(week_starts_at__lt=date(2026, 6, 15)).values()) == before
    assert due(pledge)[2] == (date(2026, 6, 15), 16)


def test_weeks_are_the_same_whether_written_at_once_or_day_by_day():
    project = long_project()
    run = running(project)
    round_ = open_round(run)
    pledges = [promise(project, hours, slots=NINE_TO_FIVE, zone="Europe/Berlin") for hours in (30, 90)]
    for days in range(20):
        worked(run, round_, pledges[days % 2].device, 2, pledge=pledges[days % 2], now=NOW + days * DAY)
    for days in range(22):
        reconcile_pledges(now=NOW + days * DAY)
    slowly = list(PledgeWeek.objects.order_by("pledge", "week_starts_at").values(*FIELDS))
    PledgeWeek.objects.all().delete()
    JournalClosing.objects.all().delete()
    reconcile_pledges(now=NOW + 21 * DAY)
    assert list(PledgeWeek.objects.order_by("pledge", "week_starts_at").values(*FIELDS)) == slowly


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    slots=st.frozensets(st.integers(0, 167), min_size=1, max_size=168),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York"]),
    start=st.integers(0, 6000).map(lambda hours: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hours, minutes=7)),
    hours=st.integers(1, 200),
)
def test_what_is_due_is_what_the_schedule_s_hours_last_clock_changes_included(slots, zone, start, hours):
    ends = start + timedelta(hours=hours)
    project = make_project(deadline_at=start + 300 * DAY, compute_ends_at=start + 400 * DAY)
    running(project, since=start - 30 * DAY)
    pledge = promise(project, 5000, slots=slots, zone=zone, now=start)
    JournalClosing.objects.all().delete()
    reconcile_pledges(now=ends)
    lasted = slot_seconds(zone, start, ends)
    promised = sum(week.promised_us for week in pledge.weeks.all())
    assert promised == sum(lasted[slot] for slot in slots) * 1_000_000
    pledge.hours.all().delete()
    pledge.weeks.all().delete()
    pledge.delete()


def test_two_runs_at_once_make_no_hour_due_twice():
    project = long_project()
    for _ in range(2):
        running(project)
    pledge = promise(project, 500)
    reconcile_pledges(now=NOW + timedelta(hours=30))
    assert due(pledge) == [(date(2026, 6, 1), 30)]
    assert not RunChange.objects.exists()


@pytest.mark.parametrize("pledges", [1, 9])
def test_a_week_takes_as_many_queries_for_few_pledges_as_for_many(pledges, django_assert_num_queries):
    project = long_project()
    running(project)
    for _ in range(pledges):
        promise(project, 5, device=machine())
    reconcile_pledges(now=NOW)
    with django_assert_num_queries(5):
        assert reconcile_pledges(now=NOW + timedelta(hours=1)) == pledges
