"""Teams: credit stays where it was earned; nobody is in two."""

import pytest
from django.db import IntegrityError, transaction

from compute_pledges.errors import TeamRefused
from compute_pledges.models import Team, TeamMembership
from compute_pledges.standing import teams
from compute_pledges.standing.credit import (
    credit_of,
    team_credit,
    teams_board,
)
from tests.compute_pledges.earning import DAY, earn, named, names, scope
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US

pytestmark = pytest.mark.django_db


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
        sum(row.h100_us for row in teams_board(scope=scope()))
        < credit_of(user_id=user.pk, scope=scope(NOW + 9 * DAY)).h100_us
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
