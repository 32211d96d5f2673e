"""The statement of reconciliation against its rule worked out hour by hour, over many schedules, zones and runs."""

import random
from datetime import timedelta

import pytest
from django.db import connection

from compute_pledges.matching.running import running_spans
from compute_pledges.models import ComputePledge, PledgeHour, PledgeWeek, RunChange
from compute_pledges.schedule.free_time import seconds_in
from compute_pledges.services import reconcile
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project
from tests.factories.pledges import machine, promise, worked

pytestmark = pytest.mark.django_db
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns")
# Clocks change in Europe on 29 March and in Lord Howe, by half an hour, on 5 April.
DAY = timedelta(days=1)
BEGIN, END = NOW.replace(month=3, day=20), NOW.replace(month=4, day=15)


def moment(draw):
    return BEGIN + timedelta(minutes=draw.randrange(60 * 24 * 26))


def paused_now_and_then(draw, project):
    for _ in range(2):
        run = make_run(project=project, created_at=moment(draw))
        turns = sorted(moment(draw) for _ in range(4))
        for kind, at in zip(("paused", "resumed", "paused", "resumed"), turns, strict=True):
            if at > run.created_at:
                RunChange.objects.create(run=run, kind=kind, made_at=at)
    return run


def expected(pledge):
    """Microseconds of each week from its Monday, by a walk over the spans in which runs ran."""
    hours, used, found = frozenset(pledge.hours.values_list("slot", flat=True)), 0, {}
    week = reconcile.monday_of(pledge.accepted_at)
    while (starts := reconcile._midnight(week)) < END:
        ends = starts + timedelta(days=7)
        begin = max(starts, pledge.accepted_at)
        stop = min(moment for moment in (ends, END, pledge.ended_at, pledge.project.compute_ends_at) if moment)
        spans = running_spans(project_id=pledge.project_id, start=begin, end=max(begin, stop))
        due = sum(seconds_in(hours, pledge.time_zone, *span) for span in spans) * 1_000_000
        found[week] = max(0, min(due, pledge.pledged_us - used))
        used += found[week]
        week += timedelta(days=7)
    return {week: us for week, us in found.items() if us}


@pytest.mark.parametrize("seed", range(3))
def test_each_week_owes_what_an_hourly_walk_says(seed, monkeypatch):
    draw = random.Random(seed)
    monkeypatch.setattr(reconcile, "CHUNK", 7)
    ends = [END + timedelta(days=draw.randrange(-5, 5)) for _ in range(3)]
    projects = [make_project(deadline_at=BEGIN, compute_ends_at=end) for end in ends]
    for project in projects:
        paused_now_and_then(draw, project)
    pledges = []
    for _ in range(24):
        slots = draw.sample(range(168), draw.choice((1, 20, 100, 168)))
        pledge = promise(
            draw.choice(projects), draw.choice((5, 60, 2000)), slots=slots, zone=draw.choice(ZONES), now=BEGIN - DAY
        )
        ended = draw.choice((None, END - timedelta(minutes=draw.randrange(60 * 24 * 9))))
        ComputePledge.objects.filter(pk=pledge.pk).update(accepted_at=moment(draw), ended_at=ended)
        pledges.append(pledge.pk)
    reconcile.reconcile_pledges(now=END)
    for pledge in ComputePledge.objects.filter(pk__in=pledges).select_related("project"):
        rows = pledge.weeks.exclude(promised_us=0).values_list("week_starts_at", "promised_us")
        assert dict(rows) == expected(pledge), (seed, pledge.time_zone, pledge.accepted_at)


def test_chunks_give_the_same_rows_and_a_second_time_too(monkeypatch):
    project = make_project()
    run = make_run(project=project)
    round_ = open_round(run)
    for hours in range(1, 6):
        pledge = promise(project, 20, slots=range(hours))
        worked(run, round_, pledge.device, hours, pledge=pledge)
    seen = []
    for chunk in (1, 2, 20_000, 20_000):
        monkeypatch.setattr(reconcile, "CHUNK", chunk)
        assert reconcile.reconcile_pledges(now=NOW + timedelta(days=1)) == 5
        fields = ("pledge_id", "week_starts_at", "promised_us", "reported_us", "verified_us", "reversed_us")
        seen.append(sorted(PledgeWeek.objects.values_list(*fields)))
    assert seen[0] == seen[1] == seen[2] == seen[3]
    assert len(seen[0]) == 5


def test_the_bits_follow_the_hours_however_they_change():
    pledge = promise(make_project(), 5, slots={0, 5, 167}, device=machine())

    def bits():
        with connection.cursor() as cursor:
            cursor.execute("SELECT week_hours::text FROM compute_pledges_computepledge WHERE id = %s", [pledge.pk])
            return [place for place, bit in enumerate(cursor.fetchone()[0]) if bit == "1"]

    assert bits() == [0, 5, 167]
    PledgeHour.objects.filter(pledge=pledge, slot=5).delete()
    PledgeHour.objects.bulk_create(PledgeHour(pledge=pledge, slot=slot) for slot in (7, 8))
    assert bits() == [0, 7, 8, 167]
    PledgeHour.objects.filter(pledge=pledge).delete()
    assert bits() == []
    assert not PledgeWeek.objects.exists()
