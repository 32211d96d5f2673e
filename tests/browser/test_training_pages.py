"""The pages of a training run and of who trained it, looked at in every width and theme, and used."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compute_pledges.dumps.services import write_statistics
from compute_pledges.models import Device, ModelRelease, Round, TrainingRun, WorkResult
from compute_pledges.standing import teams
from compute_pledges.standing.listing import choose_listing
from tests.factories.compute import make_run
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


def test_every_cell_as_a_table(findings, run):
    assert findings(f"/runs/{run.pk}/cells/") == ""


def test_a_run_without_work(findings):
    assert findings(f"/runs/{make_run(project=make_project(slug='bare')).pk}/") == ""


@pytest.fixture
def release(run):
    """As its page shows it; the bytes of its files are nowhere."""
    TrainingRun.objects.filter(pk=run.pk).update(state="stopped", name="n" * 80)
    made = ModelRelease.objects.create(
        run=run, round=run.rounds.last(), state="released", license="LicenseRef-" + "l" * 60, intended_use="x",
        limitations="y", card="---\n---\n# A card\n\n| a | b |\n|---|---|\n| `c` | " + "d" * 99 + " |\n",
        released_by=run.started_by, asked_at=timezone.now(), released_at=timezone.now(),
    )  # fmt: skip
    made.files.create(name="model.safetensors", content_type="x", sha256="a" * 64, size=123456789)
    return made


@pytest.mark.parametrize(
    "address",
    ["/runs/{run}/release/", "/projects/woven/", "/projects/woven/runs/", "/projects/woven/runs/?released=yes"],
)
def test_releases_and_where_they_are_listed(findings, run, release, volunteer, address):
    assert findings(address.format(run=run.pk)) == ""


@pytest.mark.parametrize("address", ["/volunteers/", "/volunteers/teams/", "/statistics/"])
def test_lists(findings, run, volunteer, address):
    write_statistics(now=timezone.now())
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


def test_what_it_shows_is_explained_on_the_page_and_in_full_screen(page, live_server, run):
    page.goto(f"{live_server.url}/runs/{run.pk}/")
    for full in (False, True):
        if full:
            page.get_by_role("button", name="Full screen").click()
        page.get_by_role("button", name="Explain this").click()
        page.get_by_text("Hatched: handed in").wait_for()
        assert page.get_by_role("heading", name="What you see").is_visible()
        page.get_by_role("button", name="Close").click()
        page.get_by_text("Hatched: handed in").wait_for(state="hidden")
    assert page.evaluate("document.fullscreenElement.id") == "stage"


def test_the_weave_reaches_from_edge_to_edge_with_every_name_on_a_phone(page, live_server, run):
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{live_server.url}/runs/{run.pk}/")
        edges = page.locator("#live .weave").evaluate(
            "e => [e.getBoundingClientRect().left, e.getBoundingClientRect().right]"
        )
        assert edges == [0, width]
        assert page.locator("#live .weave-names li").first.is_visible()
    rows = page.locator("#live .weave-names li")
    tops = rows.evaluate_all("all => all.map(e => e.getBoundingClientRect()).map(b => (b.top + b.bottom) / 2)")
    cells = page.locator("#live g[data-device]").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(b => (b.top + b.bottom) / 2)"
    )
    assert all(abs(one - other) < 3 for one, other in zip(tops, cells, strict=True))


def test_a_cell_says_in_words_what_it_is_when_it_is_tapped(page, live_server, run):
    page.goto(f"{live_server.url}/runs/{run.pk}/")
    cell = page.locator("#live .cell").nth(5)
    words = cell.locator("title").text_content()
    cell.click(force=True)
    assert page.locator("#cell-words").inner_text() == words


def test_news_leaves_focus_marked_text_and_opened_parts_where_they_are(page, live_server, sign_in, run, volunteer):
    sign_in(volunteer)
    page.goto(f"{live_server.url}/runs/{run.pk}/")
    page.get_by_text("Rounds and machines as a table").click()
    link = page.locator("#panes").get_by_role("link", name="my credit")
    link.focus()
    link.evaluate("e => { e.dataset.was = 'here'; }")
    Round.objects.filter(run=run, index=29).update(held_out_loss=1.25)
    page.get_by_text("held-out loss of 1.250").first.wait_for(timeout=15000)
    page.locator("#panes").get_by_text("1.250").wait_for(timeout=15000)
    assert page.evaluate("document.activeElement.textContent") == "my credit"
    assert page.locator("details.table-twin").evaluate("e => e.open")
    page.locator("#live .live-sentence").evaluate("e => getSelection().selectAllChildren(e)")
    Round.objects.filter(run=run, index=29).update(held_out_loss=1.125)
    page.locator("#panes").get_by_text("1.125").wait_for(timeout=15000)
    assert page.evaluate("String(getSelection())").strip().endswith("1.250.")
    page.evaluate("getSelection().removeAllRanges()")
    page.locator("#live").get_by_text("1.125").first.wait_for(timeout=15000)


def test_own_rows_keep_their_owners_names_as_news_arrives(page, live_server, sign_in, run, volunteer):
    Device.objects.filter(owner=volunteer).update(name="attic")
    sign_in(volunteer)
    page.goto(f"{live_server.url}/runs/{run.pk}/")
    Round.objects.filter(run=run, index=29).update(held_out_loss=1.25)
    page.locator("#live").get_by_text("1.250").first.wait_for(timeout=15000)
    assert page.locator("#live .weave-names li.own").inner_text() == "attic"
    assert page.locator("#live g.own .cell title").first.text_content().startswith("attic, round ")


def test_who_wants_little_motion_is_shown_news_every_half_minute(page, live_server, run):
    page.emulate_media(reduced_motion="reduce")
    page.clock.install()
    page.goto(f"{live_server.url}/runs/{run.pk}/")
    polls = lambda answer: answer.url.endswith("/live/")  # noqa: E731  # reason: a predicate for three waits
    with page.expect_response(polls):
        page.clock.run_for(5_500)  # The first drawing after the page is shown at once.
    page.wait_for_function("drawnAt > 0")
    Round.objects.filter(run=run, index=29).update(held_out_loss=1.25)
    with page.expect_response(polls):
        page.clock.run_for(5_500)
    page.wait_for_function("waiting && waiting.includes('1.250')")
    assert page.locator("#live").get_by_text("1.250").count() == 0
    page.clock.run_for(30_000)
    page.locator("#live").get_by_text("1.250").first.wait_for()


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
