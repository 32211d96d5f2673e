"""Stripe.js of the stand-in in a real browser: the card form, the bank's question, what comes back."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from launcher.tools import find_chromium

pytestmark = pytest.mark.story
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Card</title>
<script src="{base}/v3/"></script><div id="card"></div><script>
const provider = Stripe("pk_test_standin_commonweave");
const elements = provider.elements({{ clientSecret: "{secret}" }});
elements.create("payment").mount("#card");
window.confirmCard = (how) => provider[how]({{ elements, clientSecret: "{secret}", redirect: "if_required",
  confirmParams: {{ return_url: location.href }} }});
</script></html>"""


class Merchant(ThreadingHTTPServer):
    """Serves one page, of another origin than the stand-in's."""

    daemon_threads = True
    page = ""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Serving)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Serving(BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.server.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_values):
        """Quiet."""


@pytest.fixture(scope="session")
def base_url():
    """Instead of pytest-base-url's, which pytest 9 warns of."""
    return


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": find_chromium(), "args": ["--no-sandbox"]}


@pytest.fixture
def checkout(page, standin_process):
    """Opens a card form for an intent; returns the page with the typed card."""
    with Merchant() as merchant:

        def show(secret, card):
            merchant.page = PAGE.format(base=standin_process.base, secret=secret)
            page.goto(f"http://127.0.0.1:{merchant.server_address[1]}/")
            page.get_by_label("Card number").fill(card)
            page.get_by_label("Expiry").fill("12 / 34")
            page.get_by_label("Security code").fill("123")
            return page

        yield show
        merchant.shutdown()


def setup(provider):
    customer = provider.v1.customers.create({}).id
    return provider.v1.setup_intents.create({"customer": customer, "usage": "off_session"})


def answered(page, how, button):
    """Confirm, answer the bank, return what the page was told."""
    page.evaluate("how => { window.told = confirmCard(how); }", how)
    page.frame_locator("iframe[name=standin-bank]").locator(f"#standin-{button}").click()
    return page.evaluate("() => window.told")


def test_a_plain_card_is_saved(checkout, provider):
    intent = setup(provider)
    told = checkout(intent.client_secret, "4242 4242 4242 4242").evaluate("() => confirmCard('confirmSetup')")
    assert told["setupIntent"]["status"] == "succeeded"
    assert provider.v1.setup_intents.retrieve(intent.id).status == "succeeded"


@pytest.mark.parametrize(("button", "status"), [("pass", "succeeded"), ("fail", "requires_payment_method")])
def test_the_bank_asks_at_the_charge(checkout, provider, button, status):
    intent = provider.v1.payment_intents.create({"amount": 1000, "currency": "eur"})
    page = checkout(intent.client_secret, "4000 0027 6000 3184")
    told = answered(page, "confirmPayment", button)
    assert ("error" in told) is (button == "fail")
    assert provider.v1.payment_intents.retrieve(intent.id).status == status


def test_a_wrong_number_is_marked_in_the_form(checkout, provider):
    page = checkout(setup(provider).client_secret, "4242 4242 4242 4241")
    told = page.evaluate("() => confirmCard('confirmSetup')")
    assert told["error"]["code"] == "incorrect_number"
    assert page.get_by_label("Card number").get_attribute("aria-invalid") == "true"


def test_an_authentication_can_be_taken_up_later(checkout, provider):
    intent = provider.v1.payment_intents.create(
        {"amount": 1000, "currency": "eur", "payment_method": "pm_card_authenticationRequired", "confirm": True}
    )
    page = checkout(intent.client_secret, "4242 4242 4242 4242")
    secret = intent.client_secret
    page.evaluate(
        "secret => { window.told = Stripe('pk_test_standin_commonweave').handleNextAction({clientSecret: secret}); }",
        secret,
    )
    page.frame_locator("iframe[name=standin-bank]").locator("#standin-pass").click()
    assert page.evaluate("() => window.told")["paymentIntent"]["status"] == "succeeded"
