"""What scripts add to the pages, and what stays without them."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from projects.models import Project, Reward
from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_theme_is_kept_and_set_before_anything_is_drawn(page, live_server):
    page.goto(live_server.url)
    page.get_by_role("button", name="Dark").click()
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    page.goto(live_server.url + "/discover/", wait_until="commit")
    page.wait_for_selector("body")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 19, 24)"
    page.get_by_role("button", name="System").click()
    assert page.evaluate("localStorage.length") == 0


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(page, live_server):
    page.set_viewport_size({"width": 320, "height": 600})
    page.goto(live_server.url)
    link = page.get_by_role("link", name="Start a project")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()


def test_slash_goes_to_the_search_and_the_skip_link_to_the_content(page, live_server):
    page.goto(live_server.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.get_by_role("searchbox")).to_have_value("a/b")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_step_is_written_with_and_without_scripts(browser, live_server, sign_in, context, scripts):
    sign_in(make_user())
    other = browser.new_context(java_script_enabled=scripts, storage_state=context.storage_state())
    page = other.new_page()
    page.goto(live_server.url + "/projects/new/")
    page.fill("[name=title]", "Tide tables")
    page.fill("[name=promise]", "Forecasts of tides.")
    page.get_by_role("button", name="Start the draft").click()
    page.fill("[name=story]", "# Why\n\nTides.")
    page.get_by_role("button", name="Preview the story").click()
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Rewards").click()
    page.fill("[name=rewards-0-title]", "Thanks")
    page.fill("[name=rewards-0-money]", "10")
    page.get_by_role("button", name="Add another reward").click()
    page.fill("[name=rewards-1-title]", "Trainer")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Everything you typed is kept")
    expect(page.locator("[name=rewards-1-title]")).to_have_value("Trainer")
    page.fill("[name=rewards-1-hours]", "2")
    page.get_by_role("button", name="Save and go on").click()
    expect(page).to_have_url(re.compile("/projects/tide-tables/edit/openness/$"))
    other.close()
    assert Project.objects.get().rewards.count() == 2


def test_what_is_typed_is_saved_by_itself_and_a_second_window_is_told(page, context, live_server, sign_in):
    project = make_project(state="draft")
    sign_in(project.creator)
    address = f"{live_server.url}/projects/{project.slug}/edit/basics/"
    second = context.new_page()
    for window in (page, second):
        window.goto(address)
    page.fill("[name=promise]", "Kept while typing.")
    expect(page.locator("[data-status]")).to_have_text("Saved.")
    project.refresh_from_db()
    assert project.promise == "Kept while typing."
    second.fill("[name=promise]", "From the second window.")
    expect(second.get_by_role("heading", name="Saved elsewhere in the meantime")).to_be_visible()
    expect(second.locator("[name=promise]")).to_have_value("From the second window.")
    context.clear_cookies()
    page.fill("[name=promise]", "Signed out.")
    expect(page.locator("[data-status]")).to_contain_text("you are signed out")
    expect(page.locator("[name=promise]")).to_have_value("Signed out.")


def test_a_row_goes_when_its_writer_saves_and_not_by_itself(page, live_server, sign_in):
    project = make_project(state="draft")
    Reward.objects.create(project=project, title="Mug", threshold_minor=10_00)
    sign_in(project.creator)
    page.goto(f"{live_server.url}/projects/{project.slug}/edit/rewards/")
    page.get_by_label("Remove this").first.check()
    expect(page.locator("[data-status]")).to_have_text("Saved.")
    assert project.rewards.get().title == "Mug"
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[name=rewards-0-title]")).to_have_value("")
    assert not project.rewards.exists()


def test_the_pledge_bar_of_a_phone_hides_nothing_that_has_the_focus(page, live_server):
    now = timezone.now()
    project = make_project(
        deadline_at=now + timedelta(days=5), compute_ends_at=now + timedelta(days=50), story_html="<p>x</p>" * 40
    )
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto(live_server.url + project.get_absolute_url())
    hidden = []
    for _ in range(25):
        page.keyboard.press("Tab")
        hidden += page.evaluate("""() => {
          const focused = document.activeElement, bar = document.querySelector('.pledge-bar');
          if (focused === document.body || bar.contains(focused)) return [];
          const box = focused.getBoundingClientRect(), over = bar.getBoundingClientRect();
          return box.top >= over.top - 1 && box.top < over.bottom ? [focused.outerHTML.slice(0, 90)] : [];
        }""")
    assert hidden == []
