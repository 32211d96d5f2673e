"""The addresses that browsers open: the bank's question, a creator's onboarding, the scripts."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from payments.stripe_standin import pages
from payments.stripe_standin.errors import ApiError
from payments.stripe_standin.forms import parse_form
from payments.stripe_standin.store import Store

ASSETS = Path(__file__).with_name("assets")


class Hosted:
    """Pages and scripts on one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/v3/", self.script),
            Route("/standin/done.js", self.done_script),
            Route("/standin/authenticate/{id}", self.authenticate, methods=["GET", "POST"]),
            Route("/standin/onboarding/{token}", self.onboarding, methods=["GET", "POST"]),
        ]

    def script(self, _request: Request) -> Response:
        """Stripe.js."""
        return Response((ASSETS / "stripe.js").read_text(), media_type="text/javascript")

    def done_script(self, _request: Request) -> Response:
        """Tells the page that opened the bank's frame that the holder has answered."""
        return Response("parent.postMessage('standin-authenticated', '*');", media_type="text/javascript")

    async def authenticate(self, request: Request) -> Response:
        """The bank's page."""
        form = parse_form((await request.body()).decode()) if request.method == "POST" else {}
        with self.store.transaction():
            try:
                secret = request.query_params.get("client_secret", "")
                intent = pages.intent_for(self.store, request.path_params["id"], secret)
            except ApiError as error:
                return HTMLResponse(pages.html("Not found", "<p>This question does not exist.</p>"), error.status)
            if not form:
                return HTMLResponse(pages.authentication_page(intent))
            back = pages.answer(self.store, intent, passed=form.get("answer") == "pass")
        return RedirectResponse(back, 303) if back else HTMLResponse(pages.DONE)

    async def onboarding(self, request: Request) -> Response:
        """The creator's page."""
        if request.method == "GET":
            return HTMLResponse(pages.onboarding_page())
        with self.store.transaction():
            try:
                return RedirectResponse(pages.onboard(self.store, request.path_params["token"]), 303)
            except ApiError as error:
                return HTMLResponse(pages.html("Expired", "<p>Ask for a new link.</p>"), error.status)
