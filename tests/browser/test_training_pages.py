"""The pages of a training run and of who trained it, looked at in every width and theme, and used."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compute_pledges.models import Device, Round, WorkResult
from compute_pledges.standing import teams
from compute_pledges.standing.listing import choose_listing
from tests.factories.people import make_project, make_user
from tests.factories.weave import make_weave

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run():
    now = timezone.now()
    project = make_project(slug="woven", title="A small model of " + "w" * 60)
    made = make_weave(project, now=now - timedelta(minutes=10), rounds=30)
    WorkResult.objects.update(verified_at=now)
    Round.objects.filter(run=made, index=0).update(sample="qqqq zzzz")
    return made


@pytest.fixture
def volunteer(run):
    user = Device.objects.first().owner
    user.name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"
    user.save()
    teams.found_team(name="T" * 60, about="We heat a house.", by=user, now=timezone.now() - timedelta(days=1))
    return user


def test_what_everyone_sees_of_a_run(findings, run):
    assert findings(f"/runs/{run.pk}/") == ""


@pytest.mark.parametrize("address", ["/volunteers/", "/volunteers/teams/"])
def test_lists(findings, run, volunteer, address):
    assert findings(address) == ""


@pytest.mark.parametrize(
    "address",
    ["/runs/{run}/", "/gpu/credit/", "/teams/new/", "/gpu/credit/runs/{run}/", "/runs/{run}/certificate/",
     "/teams/{team}/"],
)  # fmt: skip
def test_what_a_volunteer_sees(findings, sign_in, run, volunteer, address):
    sign_in(volunteer)
    team = teams.membership_of(volunteer).team_id
    assert findings(address.format(run=run.pk, team=team)) == ""


def test_a_public_page_and_a_paper_that_lacks_letters(findings, sign_in, run, volunteer):
    assert findings(f"/volunteers/{volunteer.pk}/") == ""
    volunteer.name = "漢字 🙂"
    volunteer.save()
    sign_in(volunteer)
    assert findings(f"/runs/{run.pk}/certificate/") == ""


def test_a_captain_and_a_member(findings, sign_in, run, volunteer):
    team, member, hidden = teams.membership_of(volunteer).team, make_user(), make_user()
    for user in (member, hidden):
        teams.join_team(invitation=team.invitation, by=user, now=timezone.now())
    choose_listing(user=hidden, hidden=True, now=timezone.now())
    sign_in(volunteer)
    assert findings(f"/teams/{team.pk}/") == ""
    sign_in(member)
    assert findings(f"/teams/{team.pk}/") == ""


def test_an_invitation(findings, sign_in, run, volunteer):
    sign_in(make_user())
    assert findings(f"/teams/join/{teams.membership_of(volunteer).team.invitation}/") == ""


def test_the_slider_shows_an_earlier_checkpoint_and_the_stage_fills_the_screen(page, live_server, run):
    page.goto(f"{live_server.url}/runs/{run.pk}/")
    page.get_by_text("After round 29, with").wait_for()
    slider = page.get_by_role("slider", name="Checkpoint after round")
    slider.focus()
    page.keyboard.press("Home")
    page.get_by_text("qqqq zzzz").wait_for()
    assert page.get_by_role("spinbutton").input_value() == "0"
    page.get_by_role("spinbutton").fill("3")
    page.get_by_text("After round 3, with").wait_for()
    full = page.get_by_role("button", name="Full screen")
    full.click()
    page.get_by_role("button", name="Leave full screen").click()
    full.wait_for()


def test_without_a_network_the_last_state_stays_with_its_age(page, context, live_server, run):
    page.goto(f"{live_server.url}/runs/{run.pk}/")
    context.set_offline(True)
    page.get_by_text("You are offline").wait_for()
    assert page.locator("#live").evaluate("e => e.classList.contains('is-stale')")
    assert page.locator("#live .cell").count() > 50
    context.set_offline(False)
    page.get_by_text("You are offline").wait_for(state="hidden")


def test_without_scripts_a_checkpoint_is_asked_for_by_its_number(new_context, live_server, run):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}/runs/{run.pk}/")
    page.get_by_role("spinbutton").fill("0")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("qqqq zzzz").wait_for()
