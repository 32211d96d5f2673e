"""Signing up, second factors and pairing as people meet them, each page held as the others are."""

import re
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
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


def test_an_account_with_every_second_factor(page, typed_sign_in, findings, sign_in, live_server):
    TOTP.activate(typed_sign_in, generate_totp_secret())
    RecoveryCodes.activate(typed_sign_in)
    key = Authenticator.objects.create(user=typed_sign_in, type=Authenticator.Type.WEBAUTHN, data={"name": "K" * 60})
    parts = ["", "recovery-codes/", "recovery-codes/generate/", "totp/deactivate/", "webauthn/", "reauthenticate/"]
    parts += [f"webauthn/keys/{key.pk}/{deed}/" for deed in ("edit", "remove")]
    assert {part: found for part in parts if (found := findings(f"/accounts/2fa/{part}"))} == {}
    # A key that was made up cannot be asked for.
    key.delete()
    page.context.clear_cookies()
    page.goto(live_server.url + "/accounts/login/")
    page.fill("[name=login]", typed_sign_in.email)
    page.fill("[name=password]", "a-long-password")
    page.get_by_role("button", name="Sign In", exact=True).click()
    assert findings("/accounts/2fa/authenticate/") == ""


def test_ways_to_come_in_without_a_password(page, findings, sign_in, live_server):
    user = make_user()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    for start, then in (("login/code", "login/code/confirm"), ("password/reset", "")):
        page.goto(f"{live_server.url}/accounts/{start}/")
        page.fill("main [name=email]", user.email)
        page.locator("main form button[type=submit]").first.click()
        if then:
            assert findings(f"/accounts/{then}/") == ""
    link = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body).group()
    assert findings(link) == ""
    assert findings("/accounts/password/reset/key/x-y/") == ""
    assert findings("/accounts/3rdparty/login/error/", status=401) == ""
    user.set_unusable_password()
    user.save()
    sign_in(user)
    assert findings("/accounts/password/set/") == ""
