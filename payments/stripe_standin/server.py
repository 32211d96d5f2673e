"""The stand-in's HTTP server: Stripe's API, its hosted pages, Stripe.js and the controls of tests."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from payments.stripe_standin import pages
from payments.stripe_standin.errors import ApiError
from payments.stripe_standin.forms import parse_form
from payments.stripe_standin.routes import OPERATIONS, Operation, expand, refuse_unknown
from payments.stripe_standin.store import Store, new_id

ASSETS = Path(__file__).with_name("assets")
FACTS = {"clock_offset", "webhook_delay", "webhook_duplicates", "fail_next"}


class Standin:
    """Answers requests from one store."""

    def __init__(self, store: Store, secret_key: str, publishable_key: str, base_url: str) -> None:
        self.store, self.secret_key, self.publishable_key = store, secret_key, publishable_key
        with store.transaction():
            store.set_fact("base_url", base_url)

    def application(self) -> Starlette:
        """The ASGI application."""
        api = [Route(path, self.endpoint(path), methods=methods) for path, methods in _by_path().items()]
        return Starlette(
            routes=[
                *api,
                Route("/v3/", self.script),
                Route("/standin/done.js", self.done_script),
                Route("/standin/authenticate/{id}", self.authenticate, methods=["GET", "POST"]),
                Route("/standin/onboarding/{token}", self.onboarding, methods=["GET", "POST"]),
                Route("/standin/control", self.control, methods=["GET", "POST"]),
                Route("/{rest:path}", self.not_implemented, methods=["GET", "POST", "DELETE"]),
            ],
            middleware=[
                Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]),
            ],
        )

    def endpoint(self, path: str) -> Callable[[Request], Any]:
        """The handler of one path."""

        async def handle(request: Request) -> Response:
            body = await request.body()
            return await run_in_threadpool(self.answer, OPERATIONS[request.method, path], request, body)

        return handle

    def answer(self, operation: Operation, request: Request, body: bytes) -> Response:
        """Authenticate, replay a known key, else do it and remember."""
        try:
            self.check_key(request, operation)
            values = read_values(request, body)
        except ApiError as error:
            return JSONResponse(error.body, error.status)
        key = request.headers.get("idempotency-key", "")
        print_ = hashlib.sha256(f"{request.method} {request.url.path}".encode() + body).hexdigest()
        with self.store.transaction():
            known = self.store.answered(key) if key else None
            if known is not None:
                return replayed(known, print_)
            if fault := self.next_fault(request.url.path, before=True):
                return fault
            status, answer = self.perform(operation, request, values)
            text = json.dumps(answer)
            if key and status != 409 and status < 500:
                self.store.remember(key, print_, status, text)
            if fault := self.next_fault(request.url.path, before=False):
                return fault
        headers = {"Request-Id": new_id("req")}
        return Response(text, status, headers, "application/json")

    def perform(self, operation: Operation, request: Request, values: dict[str, Any]) -> tuple[int, Any]:
        """Status and body. A refusal is an answer: what it changed is kept."""
        try:
            refuse_unknown(operation, values)
            result = operation.handler(self.store, values, *request.path_params.values())
            if result.get("object") == "list":
                result["url"] = request.url.path
            return 200, expand(self.store, result, values.get("expand"))
        except ApiError as error:
            return error.status, error.body

    def next_fault(self, path: str, *, before: bool) -> Response | None:
        """A fault that a test ordered for this path: `status` before the effect, `lost` after it."""
        ordered = self.store.fact("fail_next", [])
        for index, fault in enumerate(ordered):
            if fault["path"] in path and (fault["kind"] != "lost") == before:
                self.store.set_fact("fail_next", ordered[:index] + ordered[index + 1 :])
                status = 500 if fault["kind"] == "lost" else int(fault["kind"])
                error = ApiError(status, "A fault that a test ordered.", "api_error")
                return JSONResponse(error.body, status, {"Stripe-Should-Retry": "false"})
        return None

    def check_key(self, request: Request, operation: Operation) -> None:
        """Raises ApiError 401 or 403."""
        key = presented_key(request)
        if key == self.secret_key or (operation.public and key == self.publishable_key):
            return
        if key == self.publishable_key:
            raise ApiError(403, "This API call cannot be made with a publishable API key.", code="secret_key_required")
        raise ApiError(401, "Invalid API Key provided.")

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

    async def control(self, request: Request) -> Response:
        """Facts that tests and the demo's clock set; needs the secret key."""
        if presented_key(request) != self.secret_key:
            return JSONResponse(ApiError(401, "Invalid API Key provided.").body, 401)
        with self.store.transaction():
            if request.method == "POST":
                for name, value in (await request.json()).items():
                    if name in FACTS:
                        self.store.set_fact(name, value)
            return JSONResponse({"now": self.store.now(), "open_deliveries": self.store.open_deliveries()})

    def not_implemented(self, request: Request) -> Response:
        """Never a false 200."""
        return JSONResponse(
            ApiError(501, f"The stand-in does not implement {request.method} {request.url.path}.", "api_error").body,
            501,
        )


def _by_path() -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for method, path in OPERATIONS:
        paths.setdefault(path, []).append(method)
    return paths


def presented_key(request: Request) -> str:
    """The API key of the Authorization header, bearer or basic."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return base64.b64decode(value).decode().split(":")[0]
    return value


def read_values(request: Request, body: bytes) -> dict[str, Any]:
    """Parameters of the query, the form, or for API v2 the JSON body. Raises ApiError."""
    values = parse_form(str(request.url.query))
    if request.url.path.startswith("/v2/") and body:
        values |= json.loads(body)
    elif body:
        values |= parse_form(body.decode())
    return values


def replayed(known: tuple[str, int, str], print_: str) -> Response:
    """The first answer again, or a 400 when the key was used for something else."""
    fingerprint, status, text = known
    if fingerprint != print_:
        message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        return JSONResponse(ApiError(400, message, "idempotency_error").body, 400)
    headers = {"Idempotent-Replayed": "true", "Request-Id": new_id("req"), "Date-Of-Replay": str(int(time.time()))}
    return Response(text, status, headers, "application/json")
