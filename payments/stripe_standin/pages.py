"""The pages that Stripe and a bank would show: 3-D Secure and a creator's onboarding. Marked as stand-ins."""

from __future__ import annotations

import contextlib
import hmac
from html import escape

from payments.stripe_standin import accounts, payment_intents, setup_intents
from payments.stripe_standin.errors import ApiError, missing
from payments.stripe_standin.store import Object, Store

STYLE = (
    "body{font:1.0625rem/1.5 system-ui,sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}"
    "p.banner{border:2px dashed;padding:.5rem .75rem}button{font:inherit;min-height:48px;padding:0 1.25rem;"
    "margin:0 .5rem .5rem 0;border-radius:8px;cursor:pointer}"
)
BANNER = '<p class="banner">Test stand-in: no bank and no real card is involved.</p>'


def html(title: str, body: str) -> str:
    """A small page."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><main><h1>{escape(title)}</h1>{BANNER}{body}</main></html>"
    )


def intent_for(store: Store, intent_id: str, secret: str) -> Object:
    """An intent that waits for its holder. Raises ApiError 404."""
    intent = store.get(intent_id)
    if intent is None or not hmac.compare_digest(str(intent.get("client_secret")), secret):
        raise missing("intent", intent_id)
    return intent


def authentication_page(intent: Object) -> str:
    """The bank's question."""
    if intent["status"] != "requires_action":
        return html("Nothing to confirm", "<p>This question was answered before. You can close this page.</p>")
    amount = f" of {intent['amount']} {intent['currency'].upper()} (minor units)" if "amount" in intent else ""
    buttons = (
        '<button name="answer" value="pass" id="standin-pass">Pass</button>'
        '<button name="answer" value="fail" id="standin-fail">Fail</button>'
    )
    return html("3-D Secure", f"<p>Do you confirm this payment{amount}?</p><form method='post'>{buttons}</form>")


def answer(store: Store, intent: Object, *, passed: bool) -> str:
    """Apply the holder's answer; where the browser goes next, empty when it stays."""
    action = intent.get("next_action") or {}
    back = (action.get("redirect_to_url") or {}).get("return_url", "")
    module = setup_intents if intent["object"] == "setup_intent" else payment_intents
    if intent["status"] == "requires_action":
        # A refusal is on the intent, where the page that asked reads it.
        with contextlib.suppress(ApiError):
            module.authenticate(store, intent, passed)
    if not back:
        return ""
    kind = intent["object"]
    joint = "&" if "?" in back else "?"
    return f"{back}{joint}{kind}={intent['id']}&{kind}_client_secret={intent['client_secret']}&redirect_status=done"


DONE = html("Thank you", "<p>You can go back now.</p>") + "<script src='/standin/done.js'></script>"


def onboarding_page() -> str:
    """What a creator would fill in."""
    button = '<button id="standin-onboard">Complete onboarding</button>'
    return html(
        "Receive payouts", f"<p>Here the provider would ask who you are.</p><form method='post'>{button}</form>"
    )


def onboard(store: Store, token: str) -> str:
    """Complete the onboarding; where the browser goes next. Raises ApiError 404."""
    found = store.fact(token)
    if not found:
        raise missing("account link", token)
    account_id, back = found
    accounts.set_transfers(store, account_id, "active")
    return str(back)
