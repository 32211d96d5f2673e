"""Finding a project, and keeping the search, in a browser that runs no script."""

import pytest
from django.conf import settings
from django.test import Client

from projects.discovery.ranking import rank_projects
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_projects_are_found_and_searches_saved(browser, live_server):
    for title, kind in (("Harbor voices", "audio"), ("Harbor maps", "vision"), ("Mountain maps", "vision")):
        make_project(title=title, model_kind=kind, launched_at=NOW)
    rank_projects(now=NOW)
    user, client = make_user(), Client()
    client.force_login(user)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{**cookie, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/")
    page.get_by_label("Search").fill("harbour")
    page.get_by_role("button", name="Show", exact=True).click()
    assert sorted(page.locator(".results h2").all_text_contents()) == ["Harbor maps", "Harbor voices"]
    page.goto(f"{live_server.url}/discover/?q=harbor&kind=vision")
    assert page.locator(".results h2").all_text_contents() == ["Harbor maps"]
    page.goto(f"{live_server.url}/discover/")
    page.locator(".filters").evaluate("filters => filters.open = true")
    for name in ("Audio", "Vision"):
        page.get_by_role("group", name="Kind of model").get_by_label(name).check()
    page.get_by_label("Search").fill("harbor")
    page.get_by_role("button", name="Apply the filters").click()
    assert page.url.endswith("kind=vision&kind=audio")
    assert sorted(page.locator(".results h2").all_text_contents()) == ["Harbor maps", "Harbor voices"]
    page.get_by_role("link", name="Without Audio").click()
    assert page.locator(".results h2").all_text_contents() == ["Harbor maps"]
    page.get_by_label("Save it as").fill("Harbors")
    page.get_by_role("button", name="Save the search").click()
    assert page.get_by_role("link", name="Harbors").count() == 1
    page.get_by_role("link", name="Harbors").click()
    assert page.locator(".results h2").all_text_contents() == ["Harbor maps"]
    context.close()
