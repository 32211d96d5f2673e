"""Everybody of a team at the same moment: an open team has a captain who is in it, and a closed one has nobody."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from compute_pledges.errors import TeamRefused
from compute_pledges.models import Team, TeamMembership
from compute_pledges.standing import teams
from tests.compute_pledges.earning import DAY
from tests.factories.people import NOW, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(deeds):
    """All begin together; what the rules refuse is refused."""
    start = Barrier(len(deeds))

    def act(deed):
        try:
            start.wait(10)
            deed()
        except TeamRefused:
            return
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        list(pool.map(act, deeds))


@pytest.mark.parametrize("members", [1, 2, 4])
def test_captains_and_members_go_while_others_come_and_are_sent_away(members):
    captain, stranger = make_user(), make_user()
    team = teams.found_team(name="Red", about="", by=captain, now=NOW)
    people = [make_user() for _ in range(members)]
    for number, user in enumerate(people):
        teams.join_team(invitation=team.invitation, by=user, now=NOW + number * DAY)
    later = NOW + 9 * DAY
    first, last = people[0], people[-1]
    at_once(
        [
            lambda: teams.part_for_good(user=captain, now=later),
            lambda: teams.leave_team(by=first, now=later),
            lambda: teams.remove_member(team_id=team.pk, member_id=last.pk, by=captain, now=later),
            lambda: teams.name_captain(team_id=team.pk, member_id=last.pk, by=captain),
            lambda: teams.join_team(invitation=team.invitation, by=stranger, now=later),
        ]
    )
    team = Team.objects.get()
    inside = set(TeamMembership.objects.filter(team=team, left_at=None).values_list("user_id", flat=True))
    assert captain.pk not in inside
    assert (team.captain_id in inside) if inside else team.captain_id is None
