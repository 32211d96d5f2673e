"""Credit, lists, badges, reliability."""

import math

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compute_pledges.models import PledgeWeek, SponsoredDevice, SponsorVendor
from compute_pledges.services.verification import quarantine
from compute_pledges.standing import teams
from compute_pledges.standing.credit import (
    HALF_LIFE_DAYS,
    Place,
    credit_of,
    people_board,
    place_of,
)
from compute_pledges.standing.reliability import reliability_of
from projects.models import Project
from tests.compute_pledges.earning import DAY, earn, named, names, scope
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, machine, promise

pytestmark = pytest.mark.django_db


def test_credit_is_verified_work_and_its_average_halves_in_a_half_life(run):
    user = make_user()
    earn(run, user, 3)
    earn(run, user, 2, state="settled")
    earn(run, user, 50, state="reported")
    earn(run, make_user(), 70)
    found = credit_of(user_id=user.pk, scope=scope(NOW))
    assert (found.h100_us, found.blocks) == (5 * HOUR_US, 2)
    assert found.average_us == pytest.approx(5 * HOUR_US * math.log(2) / HALF_LIFE_DAYS, abs=2)
    later = credit_of(user_id=user.pk, scope=scope(NOW + HALF_LIFE_DAYS * DAY))
    assert later.average_us == pytest.approx(found.average_us / 2, abs=2)
    assert later.h100_us == found.h100_us


def test_who_lends_steadily_sees_their_daily_rate(run):
    user = make_user()
    for day in range(10 * HALF_LIFE_DAYS):
        earn(run, user, 2, now=NOW - day * DAY)
    average = credit_of(user_id=user.pk, scope=scope(NOW)).average_us
    assert average == pytest.approx(2 * HOUR_US, rel=0.06)


def test_work_taken_back_leaves_credit_and_rented_machines_earn_none(run):
    user = make_user()
    bad = earn(run, user, 3)
    rented = earn(run, user, 9)
    SponsoredDevice.objects.create(
        device=rented.device,
        project=run.project,
        vendor=SponsorVendor.objects.create(project=run.project, name="Halls"),
        marked_by=user,
        marked_at=NOW,
    )
    assert credit_of(user_id=user.pk, scope=scope(NOW)).h100_us == 3 * HOUR_US
    quarantine(device_id=bad.device_id, reason="failed audit", now=NOW)
    assert credit_of(user_id=user.pk, scope=scope(NOW)).h100_us == 0
    assert people_board(scope=scope()) == []


def test_lists_rank_by_credit_leave_out_who_asked_and_keep_to_a_project(run, client):
    first, second, third = (named(name) for name in ("Ada", "Ben", ""))
    for user, hours in ((first, 5), (second, 9), (third, 5)):
        earn(run, user, hours)
    other = make_run()
    open_round(other)
    earn(other, first, 1)
    assert names(people_board(scope=scope(project=run.project))) == [
        (1, "Ben", 9), (2, "Ada", 5), (2, f"Member {third.pk}", 5),
    ]  # fmt: skip
    assert names(people_board(scope=scope(project=other.project))) == [(1, "Ada", 1)]
    client.force_login(second)
    client.post("/gpu/credit/listing/", {"hidden": "yes"})
    assert [row.name for row in people_board(scope=scope())] == ["Ada", f"Member {third.pk}"]
    assert "Ben" not in client.get("/volunteers/").content.decode().split("<main")[1]
    client.post("/gpu/credit/listing/", {"hidden": "no"})
    assert len(people_board(scope=scope())) == 3
    Project.objects.filter(pk=other.project_id).update(state="draft")
    assert people_board(scope=scope(project=other.project)) == []
    assert client.get(f"/volunteers/?project={other.project.slug}").status_code == 404


def test_place_says_how_many_have_less(run):
    users = [make_user() for _ in range(4)]
    for hours, user in enumerate(users, 1):
        earn(run, user, hours)
    assert [place_of(user_id=user.pk, scope=scope(NOW)).percent for user in users] == [0, 33, 66, 100]
    assert [place_of(user_id=user.pk, scope=scope(NOW)).top for user in users] == [None, None, 50, 25]
    assert place_of(user_id=make_user().pk, scope=scope(NOW)).percent == 0


@pytest.mark.parametrize(
    ("fewer", "others", "top"), [(99, 99, 1), (98, 98, 5), (94, 99, 10), (49, 99, None), (50, 99, 50)]
)
def test_a_badge_is_never_finer_than_the_number_of_people(fewer, others, top):
    assert Place(fewer, others).top == top


def test_reliability_is_what_was_kept_of_ended_weeks_and_late_verification_is_no_fault():
    device = machine()
    pledge = promise(make_project(), 40, device=device)
    monday = (NOW - NOW.weekday() * DAY).date()
    for weeks, (promised, verified, taken) in enumerate([(10, 0, 0), (10, 12, 0), (10, 6, 3)]):
        values = {"promised_us": promised * HOUR_US, "reported_us": 0, "verified_us": verified * HOUR_US}
        PledgeWeek.objects.update_or_create(
            pledge=pledge, week_starts_at=monday - weeks * 7 * DAY,
            defaults={**values, "reversed_us": taken * HOUR_US, "reconciled_at": NOW},
        )  # fmt: skip
    found = reliability_of(user_id=device.owner_id, now=NOW)
    assert (found.promised_us, found.delivered_us, found.percent) == (20 * HOUR_US, 15 * HOUR_US, 75)
    assert reliability_of(user_id=make_user().pk, now=NOW).percent is None


def test_pages_ask_the_same_questions_at_two_sizes(client, run):
    user = make_user()
    client.force_login(user)
    team = teams.found_team(name="Red", about="", by=user, now=NOW - DAY)
    pages = ("/gpu/credit/", "/volunteers/", "/volunteers/teams/", f"/teams/{team.pk}/")
    counts = []
    for size in (1, 5):
        for _ in range(size):
            other = make_user()
            teams.join_team(invitation=team.invitation, by=other, now=NOW - DAY)
            earn(run, other, 1)
            earn(run, user, 1)
        asked = []
        cache.clear()
        for page in pages:
            with CaptureQueriesContext(connection) as found:
                assert client.get(page).status_code == 200, page
            asked.append(len(found))
        counts.append(asked)
    assert counts[0] == counts[1]


def test_lists_are_remembered_and_left_at_once(client, run):
    user = named("Ada")
    client.force_login(user)
    earn(run, user, 1)
    row = f'<a href="/volunteers/{user.pk}/">Ada</a>'
    assert row in client.get("/volunteers/").content.decode()
    with CaptureQueriesContext(connection) as asked:
        assert row in client.get("/volunteers/").content.decode()
    assert not any("workresult" in query["sql"] for query in asked.captured_queries)
    client.post("/gpu/credit/listing/", {"hidden": "yes"})
    assert row not in client.get("/volunteers/").content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999"])
def test_a_page_that_is_none_is_not_found(client, page):
    assert client.get(f"/volunteers/?page={page}").status_code == 404
