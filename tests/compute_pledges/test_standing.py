"""Credit, lists, teams, certificates and exports: nothing counted twice, nothing shown that was asked to be hidden."""

import csv
import io
import json
import math
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compute_pledges.errors import TeamRefused
from compute_pledges.models import PledgeWeek, SponsoredDevice, Team, TeamMembership, WorkResult
from compute_pledges.services.verification import quarantine
from compute_pledges.standing import teams
from compute_pledges.standing.certificate import CELLS, certificate_of
from compute_pledges.standing.credit import (
    HALF_LIFE_DAYS,
    Place,
    Scope,
    credit_of,
    people_board,
    place_of,
    team_credit,
    teams_board,
)
from compute_pledges.standing.reliability import reliability_of
from projects.models import Project
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, machine, promise, worked

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def named(name):
    user = make_user()
    user.name = name
    user.save(update_fields=["name"])
    return user


@pytest.fixture
def run():
    made = make_run()
    open_round(made)
    return made


def earn(run, user, hours, now=NOW, **fields):
    return worked(run, run.rounds.get(index=0), machine(owner=user), hours, now=now, **fields)


def scope(now=NOW + 99 * DAY, project=None):
    return Scope(now, Project.PRIVATE_STATES, project.pk if project else None)


def names(rows):
    return [(row.rank, row.name, row.h100_us // HOUR_US) for row in rows]


def test_credit_is_verified_work_and_its_average_halves_in_a_half_life(run):
    user = make_user()
    earn(run, user, 3)
    earn(run, user, 2, state="settled")
    earn(run, user, 50, state="reported")
    earn(run, make_user(), 70)
    found = credit_of(user_id=user.pk, now=NOW)
    assert (found.h100_us, found.blocks) == (5 * HOUR_US, 2)
    assert found.average_us == pytest.approx(5 * HOUR_US * math.log(2) / HALF_LIFE_DAYS, abs=2)
    later = credit_of(user_id=user.pk, now=NOW + HALF_LIFE_DAYS * DAY)
    assert later.average_us == pytest.approx(found.average_us / 2, abs=2)
    assert later.h100_us == found.h100_us


def test_who_lends_steadily_sees_their_daily_rate(run):
    user = make_user()
    for day in range(10 * HALF_LIFE_DAYS):
        earn(run, user, 2, now=NOW - day * DAY)
    average = credit_of(user_id=user.pk, now=NOW).average_us
    assert average == pytest.approx(2 * HOUR_US, rel=0.06)


def test_work_taken_back_leaves_credit_and_rented_machines_earn_none(run):
    user = make_user()
    bad = earn(run, user, 3)
    rented = earn(run, user, 9)
    SponsoredDevice.objects.create(
        device=rented.device, project=run.project, vendor="Halls", marked_by=user, marked_at=NOW
    )
    assert credit_of(user_id=user.pk, now=NOW).h100_us == 3 * HOUR_US
    quarantine(device_id=bad.device_id, reason="failed audit", now=NOW)
    assert credit_of(user_id=user.pk, now=NOW).h100_us == 0
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
    assert [place_of(user_id=user.pk, now=NOW).percent for user in users] == [0, 33, 66, 100]
    assert [place_of(user_id=user.pk, now=NOW).top for user in users] == [None, None, 50, 25]
    assert place_of(user_id=make_user().pk, now=NOW).percent == 0


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


def test_credit_belongs_to_the_team_of_the_moment_and_stays_there(run):
    user = make_user()
    earn(run, user, 1, now=NOW - DAY)
    red = teams.found_team(name="Red", about="", by=user, now=NOW)
    earn(run, user, 2, now=NOW + DAY)
    teams.leave_team(by=user, now=NOW + 2 * DAY)
    earn(run, user, 4, now=NOW + 2 * DAY)
    blue = teams.found_team(name="Blue", about="", by=user, now=NOW + 3 * DAY)
    earn(run, user, 8, now=NOW + 3 * DAY)
    assert names(teams_board(scope=scope())) == [(1, "Blue", 8), (2, "Red", 2)]
    assert team_credit(team_id=red.pk, scope=scope()).h100_us == 2 * HOUR_US
    assert team_credit(team_id=blue.pk, scope=scope(project=make_project())) is None
    assert (
        sum(row.h100_us for row in teams_board(scope=scope())) < credit_of(user_id=user.pk, now=NOW + 9 * DAY).h100_us
    )


def test_a_person_is_never_in_two_teams_even_where_the_clock_goes_back():
    user = make_user()
    teams.found_team(name="Red", about="", by=user, now=NOW + DAY)
    with pytest.raises(TeamRefused, match="Leave it first"):
        teams.found_team(name="Blue", about="", by=user, now=NOW + DAY)
    teams.leave_team(by=user, now=NOW)
    second = teams.found_team(name="Green", about="", by=user, now=NOW)
    first, last = TeamMembership.objects.filter(user=user).order_by("pk")
    assert first.joined_at <= first.left_at <= last.joined_at
    with pytest.raises(IntegrityError), transaction.atomic():
        TeamMembership.objects.create(team=second, user=user, joined_at=NOW)


def test_teams_are_joined_by_the_link_that_stands_and_handed_over_before_leaving(client):
    captain, member = make_user(), named("Ben")
    team = teams.found_team(name="Red", about="", by=captain, now=NOW)
    with pytest.raises(TeamRefused, match="of this name"):
        teams.found_team(name="  rED ", about="", by=make_user(), now=NOW)
    client.force_login(member)
    assert client.get(f"/teams/{team.pk}/").content.decode().count(team.invitation) == 0
    assert client.post(f"/teams/{team.pk}/link/").status_code == 302
    assert Team.objects.get().invitation == team.invitation
    old = team.invitation
    teams.renew_invitation(team_id=team.pk, by=captain)
    assert client.post(f"/teams/join/{old}/").status_code == 404
    link = f"/teams/join/{Team.objects.get().invitation}/"
    assert "Join" in client.get(link).content.decode()
    assert not team.memberships.filter(user=member).exists()
    for _ in range(2):
        assert client.post(link).status_code == 302
    assert team.memberships.filter(user=member).count() == 1
    with pytest.raises(TeamRefused, match="another captain first"):
        teams.leave_team(by=captain, now=NOW + DAY)
    with pytest.raises(TeamRefused, match="Only the captain"):
        teams.name_captain(team_id=team.pk, member_id=member.pk, by=member)
    teams.name_captain(team_id=team.pk, member_id=member.pk, by=captain)
    teams.leave_team(by=captain, now=NOW + DAY)
    client.post(f"/teams/{team.pk}/leave/")
    assert Team.objects.get().captain is None
    assert client.post(link).status_code == 404
    assert "closed" in client.get(f"/teams/{team.pk}/").content.decode()


def test_a_certificate_is_for_whose_work_is_verified(client, run):
    user = named("Zoë <b>Ł</b> 漢")
    client.force_login(user)
    assert client.get(f"/runs/{run.pk}/certificate/").status_code == 404
    device = machine(owner=user)
    worked(run, run.rounds.get(), device, 3)
    worked(run, open_round(run, 7), device, 1)
    worked(run, open_round(run, 9), device, 30, state="rejected")
    found = certificate_of(run=run, holder=user, now=timezone.now())
    assert (found.credit.device_us, found.first_round, found.last_round) == (4 * HOUR_US, 0, 7)
    assert len(found.border) == len(set(found.border)) == CELLS == len(found.cells)
    assert {depth for _, _, depth in found.border} == {0, 4}
    page = client.get(f"/runs/{run.pk}/certificate/").content.decode()
    assert "Zoë &lt;b&gt;" in page
    file = client.get(f"/runs/{run.pk}/certificate.pdf")
    assert file.content.startswith(b"%PDF-")
    assert file["Content-Type"] == "application/pdf"
    client.force_login(make_user())
    assert client.get(f"/runs/{run.pk}/certificate.pdf").status_code == 404


def body(response):
    return b"".join(response).decode()


def test_own_blocks_are_exported_whole_and_only_own(client, run):
    user = make_user()
    client.force_login(user)
    mine = [earn(run, user, hours, state=state) for hours, state in ((1, "verified"), (2, "rejected"))]
    earn(run, make_user(), 3)
    rows = list(csv.DictReader(io.StringIO(body(client.get("/gpu/credit/blocks.csv")))))
    assert {row["lease"] for row in rows} == {str(result.pk) for result in mine}
    assert sorted(int(row["device_us"]) for row in rows) == [HOUR_US, 2 * HOUR_US]
    found = json.loads(body(client.get("/gpu/credit/blocks.json")))
    assert {row["state"] for row in found} == {"verified", "rejected"}
    client.logout()
    assert client.get("/gpu/credit/blocks.csv").status_code == 302


def test_a_runs_export_sums_its_rounds_and_names_nobody(client, run):
    second = open_round(run, 1)
    user = named("Ada Private")
    earn(run, user, 1)
    earn(run, make_user(), 2)
    worked(run, second, machine(), 4, state="reported")
    text = body(client.get(f"/runs/{run.pk}/rounds.json"))
    rows = json.loads(text)
    assert [(row["round"], row["verified_blocks"], row["verified_machines"]) for row in rows] == [(0, 2, 2), (1, 0, 0)]
    whole = sum(WorkResult.objects.filter(state="verified").values_list("h100_us", flat=True))
    assert sum(row["verified_h100_us"] for row in rows) == whole == 3 * HOUR_US
    assert "Ada" not in text
    assert len(body(client.get(f"/runs/{run.pk}/rounds.csv")).splitlines()) == 3
    Project.objects.filter(pk=run.project_id).update(state="draft")
    assert client.get(f"/runs/{run.pk}/rounds.csv").status_code == 404


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
    row = '<th scope="row">Ada</th>'
    assert row in client.get("/volunteers/").content.decode()
    with CaptureQueriesContext(connection) as asked:
        assert row in client.get("/volunteers/").content.decode()
    assert not any("workresult" in query["sql"] for query in asked.captured_queries)
    client.post("/gpu/credit/listing/", {"hidden": "yes"})
    assert row not in client.get("/volunteers/").content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999"])
def test_a_page_that_is_none_is_not_found(client, page):
    assert client.get(f"/volunteers/?page={page}").status_code == 404
