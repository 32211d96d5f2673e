"""Who leads a team, who leaves it, and what a team's page says of people who stand in no list."""

import pytest
from django.utils import timezone

from compute_pledges.errors import TeamRefused
from compute_pledges.live import run_snapshot
from compute_pledges.models import Team, TeamMembership
from compute_pledges.standing import teams
from compute_pledges.standing.credit import Scope, credit_of, team_credit
from compute_pledges.standing.listing import choose_listing
from pages.erasing import erase_person
from tests.compute_pledges.earning import DAY, named
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_user
from tests.factories.pledges import HOUR_US, machine, worked

pytestmark = pytest.mark.django_db


@pytest.fixture
def captain():
    return named("Cap Tain")


@pytest.fixture
def team(captain):
    return teams.found_team(name="Red", about="", by=captain, now=NOW)


def join(team, user, now=NOW):
    return teams.join_team(invitation=Team.objects.get(pk=team.pk).invitation, by=user, now=now)


def main_of(client, address):
    return client.get(address).content.decode().split("<main")[1]


def test_who_left_the_lists_is_counted_not_named_but_for_the_captain(client, team, captain):
    shown, hidden, shy = named("Ada Open"), named("Ben Quiet"), named("Cyd Quiet")
    for user in (shown, hidden, shy):
        join(team, user)
    for user in (hidden, shy):
        choose_listing(user=user, hidden=True, now=NOW)
    for viewer in (None, shown, make_user()):
        client.logout()
        if viewer:
            client.force_login(viewer)
        page = main_of(client, f"/teams/{team.pk}/")
        assert "Ada Open" in page
        assert "Quiet" not in page
        assert "And 2 others who stand in no list" in page
        assert '<dd class="big">4</dd>' in page
    client.force_login(captain)
    page = main_of(client, f"/teams/{team.pk}/")
    assert page.count("Shown to you alone") == 2
    assert page.count("Ben Quiet") == 3
    choose_listing(user=captain, hidden=True, now=NOW)
    client.logout()
    page = main_of(client, f"/teams/{team.pk}/")
    assert "Cap Tain" not in page
    assert "And 3 others" in page


def test_the_weave_and_its_json_name_nobody_who_left_the_lists(client):
    run = make_run()
    round_ = open_round(run)
    hidden, shy, shown = named("Ben Quiet"), named("Cyd Quiet"), named("Ada Open")
    for user in (hidden, hidden, shy, shown):
        worked(run, round_, machine(owner=user), 1)
    for user in (hidden, shy):
        choose_listing(user=user, hidden=True, now=NOW)
    labels = {row["label"] for row in run_snapshot(run, now=timezone.now())["machines"]}
    assert sorted(label.partition(" ")[0] for label in labels) == ["Ada", "Unnamed", "Unnamed", "Unnamed"]
    assert "Ada Open" in labels
    for part in ("", "live/", "snapshot/"):
        assert "Quiet" not in client.get(f"/runs/{run.pk}/{part}").content.decode()


def test_a_captain_removes_a_member_and_the_link_that_brought_them(client, team, captain):
    member = named("Ben")
    join(team, member)
    old = Team.objects.get().invitation
    run = make_run()
    worked(run, open_round(run), machine(owner=member), 2, now=NOW + DAY)
    address = f"/teams/{team.pk}/remove/"
    assert client.post(address, {"member": member.pk}).status_code == 302
    client.force_login(member)
    client.post(address, {"member": captain.pk})
    assert TeamMembership.objects.filter(left_at=None).count() == 2
    client.force_login(captain)
    assert client.get(address).status_code == 405
    assert client.post(address, {"member": "x"}).status_code == 404
    client.post(address, {"member": member.pk})
    assert teams.membership_of(member) is None
    with pytest.raises(TeamRefused, match="no longer valid"):
        teams.join_team(invitation=old, by=member, now=timezone.now())
    scope = Scope(timezone.now())
    assert team_credit(team_id=team.pk, scope=scope).h100_us == 2 * HOUR_US
    assert credit_of(user_id=member.pk, scope=scope).h100_us == 2 * HOUR_US


def test_a_captain_removes_neither_themselves_nor_who_is_not_there(team, captain):
    with pytest.raises(TeamRefused, match="Hand the team over"):
        teams.remove_member(team_id=team.pk, member_id=captain.pk, by=captain, now=NOW)
    for absent in (make_user().pk, 999_999_999):
        with pytest.raises(TeamRefused, match="not in the team"):
            teams.remove_member(team_id=team.pk, member_id=absent, by=captain, now=NOW)
    with pytest.raises(TeamRefused, match="Only the captain"):
        teams.remove_member(team_id=team.pk, member_id=captain.pk, by=make_user(), now=NOW)


def test_when_a_captain_erases_the_account_the_longest_standing_member_leads(client, standin, team, captain):
    gone, second, third = make_user(), named("Second"), named("Third")
    join(team, gone, NOW + DAY)
    join(team, second, NOW + 2 * DAY)
    join(team, third, NOW + 3 * DAY)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    run = make_run()
    worked(run, open_round(run), machine(owner=captain), 4, now=NOW + DAY)
    erase_person(user=captain, now=NOW + 9 * DAY)
    assert Team.objects.get().captain == second
    assert teams.membership_of(captain) is None
    assert team_credit(team_id=team.pk, scope=Scope(timezone.now())).h100_us == 4 * HOUR_US
    client.force_login(second)
    page = main_of(client, f"/teams/{team.pk}/")
    assert "Invite others" in page
    assert "Cap Tain" not in page
    assert f"Member {captain.pk}" not in client.get("/volunteers/").content.decode()
    erase_person(user=third, now=NOW + 10 * DAY)
    assert Team.objects.get().captain == second


def test_when_the_last_of_a_team_erases_the_account_it_closes_and_keeps_its_credit(client, standin, team, captain):
    run = make_run()
    worked(run, open_round(run), machine(owner=captain), 4, now=NOW + DAY)
    erase_person(user=captain, now=NOW + 9 * DAY)
    assert Team.objects.get().captain is None
    page = main_of(client, f"/teams/{team.pk}/")
    assert "This team is closed" in page
    assert "4 GPU-h" in page
    with pytest.raises(TeamRefused, match="no longer valid"):
        join(team, make_user())


def test_a_captain_whose_members_have_closed_accounts_may_leave(team, captain):
    gone = make_user()
    join(team, gone)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    with pytest.raises(TeamRefused, match="A captain is a member"):
        teams.name_captain(team_id=team.pk, member_id=gone.pk, by=captain)
    teams.leave_team(by=captain, now=NOW + DAY)
    assert Team.objects.get().captain is None
