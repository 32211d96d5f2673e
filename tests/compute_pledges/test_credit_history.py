"""Credit over time: the course ends where the figure beside it stands, and stays small; public pages name who wants."""

import math
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compute_pledges.standing.certificate import certificate_of
from compute_pledges.standing.credit import HALF_LIFE_DAYS, Place, Scope, credit_of, people_board
from compute_pledges.standing.history import POINTS, history_of
from compute_pledges.standing.listing import choose_listing
from projects.models import Project
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_user
from tests.factories.pledges import HOUR_US, machine, worked

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def run():
    made = make_run()
    open_round(made)
    return made


def earn(run, user, hours, now=NOW, **fields):
    return worked(run, run.rounds.get(index=0), machine(owner=user), hours, now=now, **fields)


def test_the_course_ends_where_the_credit_stands(run):
    user = make_user()
    for days, hours in ((0, 3), (0.3, 1), (4, 2), (11, 5)):
        earn(run, user, hours, now=NOW + days * DAY)
    earn(run, user, 90, state="rejected")
    for after in (11.2, 12, 20.7):
        now = NOW + after * DAY
        found, credit = history_of(user_id=user.pk, scope=Scope(now)), credit_of(user_id=user.pk, scope=Scope(now))
        assert found.last.total_us == credit.h100_us == 11 * HOUR_US
        assert found.last.average_us == pytest.approx(credit.average_us, abs=2)
    assert [(p.day.day, p.added_us // HOUR_US) for p in found.points if p.added_us] == [(1, 4), (5, 2), (12, 5)]
    assert [p.total_us // HOUR_US for p in found.points[:5]] == [4, 4, 4, 4, 6]
    assert found.points[0].average_us < 4 * HOUR_US * math.log(2) / HALF_LIFE_DAYS
    assert found.highest.day.day == 12
    assert len(found.total_line.split()) == len(found.points) + 1


def test_a_course_of_years_has_few_points_and_loses_nothing(run):
    user = make_user()
    for days in range(0, 1500, 75):
        earn(run, user, 1, now=NOW + days * DAY)
    found = history_of(user_id=user.pk, scope=Scope(NOW + 1500 * DAY))
    assert len(found.points) <= POINTS
    assert found.step_days == 28
    assert sum(p.added_us for p in found.points) == found.last.total_us == 20 * HOUR_US
    faded = history_of(user_id=user.pk, scope=Scope(NOW + 9000 * DAY))
    assert (faded.last.day - (NOW + 1425 * DAY).date()).days == 4 * HALF_LIFE_DAYS


def test_each_run_has_its_own_course_for_its_volunteer_alone(client, run):
    user, other = make_user(), make_run()
    open_round(other)
    earn(run, user, 3)
    earn(other, user, 4)
    earn(run, make_user(), 1)
    address = f"/gpu/credit/runs/{run.pk}/"
    assert client.get(address).status_code == 302
    client.force_login(user)
    page = client.get(address).content.decode()
    assert "The total grew to 3 GPU-h" in page
    assert "ahead of 100%" in page
    assert "Top 50%" in page
    assert page.count("<polyline") == 2
    assert "The total grew to 7 GPU-h" in client.get("/gpu/credit/").content.decode()
    client.force_login(make_user())
    assert client.get(address).status_code == 404
    Project.objects.filter(pk=run.project_id).update(state="draft")
    client.force_login(user)
    assert client.get(address).status_code == 404


def test_a_badge_is_the_same_on_every_page_and_counts_those_who_are_hidden(client, run):
    users = [make_user() for _ in range(4)]
    for hours, user in enumerate(users, 1):
        earn(run, user, hours)
    choose_listing(user=users[0], hidden=True, now=NOW)
    rows = people_board(scope=Scope(timezone.now(), Project.PRIVATE_STATES))
    assert [row.place for row in rows] == [Place(3, 3), Place(2, 3), Place(1, 3)]
    first = users[3]
    client.force_login(first)
    for address in (
        "/gpu/credit/",
        "/volunteers/",
        f"/volunteers/{first.pk}/",
        f"/volunteers/?project={run.project.slug}",
    ):
        assert "Top 25%" in client.get(address).content.decode(), address
    assert "Among the top 25% of 4 volunteers" in client.get(f"/runs/{run.pk}/certificate/").content.decode()
    assert certificate_of(run=run, holder=first, now=timezone.now()).place.top == 25


def test_a_public_page_is_only_for_who_stands_in_lists_and_shows_public_work_alone(client, run):
    user, secret = make_user(), make_run(name="secret plans")
    open_round(secret)
    earn(run, user, 3)
    earn(secret, user, 4)
    Project.objects.filter(pk=secret.project_id).update(state="suspended")
    address = f"/volunteers/{user.pk}/"
    page = client.get(address).content.decode()
    assert user.public_name in page
    assert "The total grew to 3 GPU-h" in page
    assert "secret plans" not in page
    assert user.email not in page
    for absent in (make_user().pk, 999_999_999):
        assert client.get(f"/volunteers/{absent}/").status_code == 404
    client.force_login(user)
    client.post("/gpu/credit/listing/", {"hidden": "yes"})
    assert client.get(address).status_code == 404
    assert address not in client.get("/gpu/credit/").content.decode()
    client.post("/gpu/credit/listing/", {"hidden": "no"})
    assert client.get(address).status_code == 200
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    client.logout()
    assert client.get(address).status_code == 404


def test_pages_of_a_person_ask_the_same_questions_at_two_sizes(client, run):
    user = make_user()
    client.force_login(user)
    counts = []
    for size in (1, 6):
        for _ in range(size):
            earn(run, user, 1)
            more = make_run()
            open_round(more)
            earn(more, user, 1)
        asked = []
        for address in (f"/gpu/credit/runs/{run.pk}/", f"/volunteers/{user.pk}/"):
            cache.clear()
            with CaptureQueriesContext(connection) as found:
                assert client.get(address).status_code == 200
            asked.append(len(found))
        counts.append(asked)
    assert counts[0] == counts[1]
