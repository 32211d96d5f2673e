"""The terminal card of the pledge page: copied, followed from the first code to work, with and without scripts."""

from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.utils import timezone

from compute_pledges.models import Device
from pages.management.commands.load_demo import register_worker_client
from tests.factories.compute import Agent, make_run, open_round
from tests.factories.package import make_package
from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "/projects/woven/pledge-gpu/"


@pytest.fixture
def user(sign_in):
    make_project(slug="woven", title="A small model")
    user = make_user()
    sign_in(user)
    return user


@pytest.fixture
def package(settings, tmp_path):
    settings.WORKER_PACKAGES = tmp_path / "worker"
    return make_package(settings.WORKER_PACKAGES, key=tmp_path / "key.pem")


def test_the_agents_page_and_the_card_in_every_width(findings, user, package):
    assert findings("/worker/") == ""
    assert findings(ADDRESS) == ""


def test_without_a_package(findings, user, settings, tmp_path):
    settings.WORKER_PACKAGES = tmp_path / "none"
    assert findings("/worker/") == ""


def test_the_card_with_machines_in_every_state(findings, user):
    run = make_run()
    open_round(run, now=timezone.now())
    for state in ("active", "quarantined"):
        Agent(owner=user, name=f"machine {state} " + "w" * 50, state=state)
    Agent(owner=user, name="at work").lease(run, timezone.now())
    assert findings(ADDRESS) == ""
    assert findings("/gpu/machines/") == ""


def test_what_is_granted(findings, client, user):
    cache.clear()
    register_worker_client()
    form = urlencode({"client_id": "commonweave-worker", "scope": "openid devices"})
    asked = client.post("/identity/o/api/device/code", form, content_type="application/x-www-form-urlencoded")
    assert findings(f"/identity/o/device?code={asked.json()['user_code']}") == ""


def test_the_install_line_is_copied_and_the_card_follows_the_machine(page, context, live_server, user, package):
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.goto(live_server.url + ADDRESS)
    page.get_by_label("Hours to give").fill("77")
    page.locator("#terminal").get_by_role("button", name="Copy").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[1].startswith(f'pip install "{live_server.url}/worker/files/commonweave')
    assert not page.get_by_text("Load this page again").is_visible()
    run = make_run(name="Tales")
    open_round(run, now=timezone.now())
    agent = Agent(owner=user, name="attic")
    card = page.locator("#terminal")
    card.get_by_text("paired", exact=True).wait_for(timeout=15000)
    assert page.locator("select[name=device]").evaluate("e => e.selectedOptions[0].text") == "attic"
    agent.lease(run, timezone.now())
    card.get_by_text("calibrating", exact=True).wait_for(timeout=15000)
    Device.objects.filter(pk=agent.device.pk).update(state="quarantined")
    card.get_by_text("in quarantine", exact=True).wait_for(timeout=15000)
    assert page.get_by_label("Hours to give").input_value() == "77"


def test_without_scripts_the_page_is_loaded_again(new_context, context, live_server, user):
    page = new_context(java_script_enabled=False, storage_state=context.storage_state()).new_page()
    page.goto(live_server.url + ADDRESS)
    assert page.get_by_role("button", name="Copy").count() == 0
    Agent(owner=user, name="attic")
    page.get_by_role("link", name="Load this page again").click()
    page.locator("#terminal").get_by_text("paired", exact=True).wait_for()
