"""Pairing by code over HTTP: approval is protected, a code works once, wrong and old ones are refused by a sentence."""

import re
from urllib.parse import urlencode

import pytest
from allauth.idp.oidc.internal.oauthlib import device_codes
from allauth.idp.oidc.models import Client as OAuthClient
from django.core.cache import cache
from django.test import Client

from accounts.pairing import WORKER_CLIENT_ID
from pages.management.commands.load_demo import register_worker_client
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db
PAGE = "/identity/o/device"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(autouse=True)
def worker_client():
    cache.clear()
    register_worker_client()
    return OAuthClient.objects.get(pk=WORKER_CLIENT_ID)


def ask(client):
    return post_form(client, "/identity/o/api/device/code", {"client_id": WORKER_CLIENT_ID, "scope": "openid devices"})


def post_form(client, path, form):
    return client.post(path, urlencode(form), content_type="application/x-www-form-urlencoded").json()


def poll(client, code):
    # The interval between polls is the agent's to keep; here the clock of the last poll is put back.
    key = device_codes.cache_device_code_key(code["device_code"])
    if data := cache.get(key):
        cache.set(key, {**data, "last_poll_at": 0}, 60)
    form = {"grant_type": GRANT, "device_code": code["device_code"], "client_id": WORKER_CLIENT_ID}
    return post_form(client, "/identity/o/api/token", form)


def signed_in(**options):
    browser = Client(**options)
    browser.force_login(make_user())
    return browser


def test_an_approved_code_gives_one_token(client):
    code, browser = ask(client), signed_in()
    assert poll(client, code)["error"] == "authorization_pending"
    page = browser.get(PAGE, {"code": code["user_code"]}).content.decode()
    for told in (
        "GPU, or its CPU", "send it updates", "Open an inbound port", "Need root", "commonweave-worker limits",
        "wins over everything on this site",
    ):  # fmt: skip
        assert told in page, told
    assert "Paired" in browser.post(f"{PAGE}?code={code['user_code']}", {"action": "confirm"}).content.decode()
    assert "access_token" in poll(client, code)
    assert poll(client, code)["error"] == "invalid_grant"


def test_a_refused_code_gives_none(client):
    code, browser = ask(client), signed_in()
    assert "Not paired" in browser.post(f"{PAGE}?code={code['user_code']}", {"action": "deny"}).content.decode()
    assert poll(client, code)["error"] == "access_denied"


def test_wrong_used_and_expired_codes_are_refused_with_a_sentence(client):
    code, browser = ask(client), signed_in()
    assert "Incorrect code" in browser.get(PAGE, {"code": "AAAA-AAAA"}).content.decode()
    browser.post(f"{PAGE}?code={code['user_code']}", {"action": "confirm"})
    assert "Incorrect code" in signed_in().get(PAGE, {"code": code["user_code"]}).content.decode()
    old = ask(client)
    cache.clear()
    assert "Incorrect code" in browser.get(PAGE, {"code": old["user_code"]}).content.decode()
    assert poll(client, old)["error"] == "invalid_grant"


def test_approval_needs_an_account_and_the_pages_own_token(client):
    code = ask(client)
    assert client.get(PAGE, {"code": code["user_code"]}).status_code == 302
    browser = signed_in(enforce_csrf_checks=True)
    address = f"{PAGE}?code={code['user_code']}"
    assert browser.post(address, {"action": "confirm"}).status_code == 403
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', browser.get(address).content.decode())[1]
    answer = browser.post(address, {"action": "confirm", "csrfmiddlewaretoken": token})
    assert "Paired" in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/2fa/", "/accounts/email/"]
)
def test_account_pages_are_drawn_in_the_sites_frame(path):
    answer = (Client() if "login" in path or "signup" in path else signed_in()).get(path, follow=True)
    assert answer.status_code == 200
    assert "Commonweave" in answer.content.decode()
