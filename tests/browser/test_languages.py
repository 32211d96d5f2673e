"""Languages as a reader meets them: chosen in the footer, written with their own figures, and read from either side."""

import re
from datetime import timedelta

import playwright.sync_api as playwright
import pytest
from django.conf import settings
from django.utils import timezone

from tests.browser.looking import OVERFLOWING
from tests.factories.weave import make_weave

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("/", "/discover/", "/projects/looked-at/", "/volunteers/", "/styles/")


def test_a_language_is_chosen_in_the_footer_and_stays(page, live_server, project):
    page.goto(live_server.url + "/projects/looked-at/")
    page.get_by_role("button", name="Deutsch").click()
    assert page.url.endswith("/projects/looked-at/")
    assert page.locator("html").get_attribute("lang") == "de"
    page.goto(live_server.url + "/discover/")
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.get_by_role("button", name="Deutsch").get_attribute("aria-current") == "true"


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES if code != "en"])
def test_a_public_page_fits_and_draws_right_in_each_language(page, live_server, project, context, language):
    context.set_extra_http_headers({"Accept-Language": language})
    for address in PAGES:
        page.set_viewport_size({"width": 320, "height": 900})
        page.goto(live_server.url + address)
        assert page.locator("html").get_attribute("lang") == language
        assert page.evaluate(OVERFLOWING) == [], address
        # A figure of a drawing or a program with the comma of a language would be none.
        assert re.findall(r'\s(?:[xy][12]?|c[xy]|r|width|height|min|max|step|data-\w+)="\d+,\d+"', page.content()) == []


def test_what_scripts_say_is_in_the_language_of_the_page(page, live_server, project, context):
    run = make_weave(project, now=timezone.now() - timedelta(minutes=10), rounds=3)
    context.set_extra_http_headers({"Accept-Language": "de"})
    page.goto(f"{live_server.url}/runs/{run.pk}/")
    playwright.expect(page.locator("#live-state")).to_contain_text("letzte Änderung vor")
    page.get_by_role("button", name="Pause").click()
    playwright.expect(page.locator("#live-pause")).to_have_text("Weiter")
    playwright.expect(page.locator("#live-state")).to_have_text("Angehalten.")
    page.locator("#live .cell").first.dispatch_event("click")
    playwright.expect(page.locator("#cell-words")).to_have_text(re.compile(r", Runde \d+: \d+ Tokens, "))


def test_nothing_sticks_out_when_read_from_the_right(page, live_server, project):
    for address in PAGES:
        page.goto(live_server.url + address)
        page.evaluate("document.documentElement.dir = 'rtl'")
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(OVERFLOWING) == [], f"{address} at {width}"
        brand, menu = page.locator(".brand").bounding_box(), page.locator("header .menu a").first.bounding_box()
        assert brand["x"] > menu["x"], "the page did not turn round"
