"""Signing up, second factors and pairing as people meet them, each page held as the others are."""

from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import expect

from accounts.pairing import WORKER_CLIENT_ID
from pages.management.commands.load_demo import register_worker_client
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_limits_of_others():
    cache.clear()


@pytest.fixture
def typed_sign_in(page, live_server):
    """Sign in by password, which pages that change the account ask for."""
    user = make_user()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    page.goto(live_server.url + "/accounts/login/")
    page.fill("[name=login]", user.email)
    page.fill("[name=password]", "a-long-password")
    page.get_by_role("button", name="Sign In", exact=True).click()
    expect(page.get_by_role("link", name=user.public_name)).to_be_visible()
    return user


def test_the_code_that_verifies_an_address(page, live_server, findings):
    page.goto(live_server.url + "/accounts/signup/")
    page.fill("[name=email]", "newcomer@test.example")
    for field in page.locator("main input[type=password]").all():
        field.fill("correct horse battery")
    if page.locator("[name=name]").count():
        page.fill("[name=name]", "Newcomer")
    page.locator("main button[type=submit]").first.click()
    expect(page).to_have_url(live_server.url + "/accounts/confirm-email/")
    assert findings("/accounts/confirm-email/") == ""


@pytest.mark.parametrize("address", ["/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"])
def test_second_factors(typed_sign_in, findings, address):
    assert findings(address) == ""


def test_a_password_is_asked_for_again_before_the_account_is_changed(sign_in, findings):
    sign_in(make_user())
    assert findings("/accounts/2fa/totp/activate/") == ""


def test_the_page_that_says_what_a_machine_is_granted(page, sign_in, findings):
    register_worker_client()
    form = urlencode({"client_id": WORKER_CLIENT_ID, "scope": "openid devices"})
    kind = "application/x-www-form-urlencoded"
    code = Client().post("/identity/o/api/device/code", form, content_type=kind).json()["user_code"]
    sign_in(make_user())
    assert findings(f"/identity/o/device?code={code}") == ""
    expect(page.get_by_text(code)).to_be_visible()
    page.get_by_role("button", name="Not mine").click()
    expect(page.get_by_role("heading", name="Not paired")).to_be_visible()
