"""The real stand-in behind the real Stripe library without a socket: what makes thousands of steps affordable."""

import json
from urllib.parse import urlsplit

import stripe
from starlette.requests import Request
from starlette.routing import Match

from payments.provider import calls
from payments.stripe_standin import control
from payments.stripe_standin.routes import OPERATIONS
from payments.stripe_standin.server import CUT, Standin, _by_path
from payments.stripe_standin.store import Store
from tests.factories.standin import SECRET

BASE = "http://in-process"


class InProcess(stripe.HTTPClient):
    """Hands each request to the stand-in that is current."""

    name = "in-process"
    current: "Books"

    def __init__(self, **_):
        super().__init__()

    def request(self, method, url, headers, post_data=None):
        parts = urlsplit(url)
        scope = {
            "type": "http", "method": method.upper(), "path": parts.path, "query_string": parts.query.encode(),
            "headers": [(name.lower().encode(), str(value).encode()) for name, value in headers.items()],
            "server": ("in-process", 80), "scheme": "http", "root_path": "",
        }  # fmt: skip
        answer = self.current.answer(scope, (post_data or "").encode())
        if answer is CUT:
            raise stripe.APIConnectionError("The connection was cut.")
        return bytes(answer.body).decode(), answer.status_code, dict(answer.headers)

    def close(self):
        """Nothing is open."""


class Books:
    """A stand-in with an empty store; its objects can be read as the oracle's truth."""

    def __init__(self, folder):
        self.store = Store(folder)
        self.standin = Standin(self.store, SECRET, "pk_test_standin_commonweave", BASE)
        self.routes = [(route, route.path) for route in self.standin.application().routes if route.path in _by_path()]

    def answer(self, scope, body):
        for route, path in self.routes:
            match, child = route.matches(scope)
            if match is not Match.NONE and (scope["method"], path) in OPERATIONS:
                scope = {**scope, **child, "template": path}
                return self.standin.answer(OPERATIONS[scope["method"], path], Request(scope), body)
        raise AssertionError(f"{scope['method']} {scope['path']} is no operation of the stand-in")

    def order(self, **orders):
        with self.store.transaction():
            return control.order(self.store, orders)

    def newest(self, kind):
        with self.store.transaction():
            return self.store.newest(kind)

    def balance_by_currency(self):
        """Net of every balance transaction."""
        sums = {}
        for item in self.newest("balance_transaction"):
            code = item["currency"].upper()
            sums[code] = sums.get(code, 0) + item["net"]
        return {code: n for code, n in sums.items() if n}

    def close(self):
        self.store.close()


def attach(monkeypatch, settings):
    """Let the platform's client speak to the current books."""
    monkeypatch.setattr(stripe, "RequestsClient", InProcess)
    settings.STRIPE_API_BASE = BASE
    calls._client.cache_clear()


def events_of(books, after):
    """Events beyond the first `after`, oldest first, as webhooks would carry them."""
    return [json.loads(json.dumps(event)) for event in reversed(books.newest("event"))][after:]
