"""The stand-in's HTTP server: Stripe's API, its hosted pages, Stripe.js and the controls of tests."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from payments.stripe_standin import control, due_work, faults, shapes, wires
from payments.stripe_standin.errors import ApiError, not_here
from payments.stripe_standin.forms import parse_form
from payments.stripe_standin.hosted import Hosted
from payments.stripe_standin.limits import Limiter
from payments.stripe_standin.recorder import Recorder
from payments.stripe_standin.routes import OPERATIONS, Operation, expand
from payments.stripe_standin.store import Store, new_id

CUT = Response(status_code=502)
METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]


class Standin:
    """Answers requests from one store."""

    def __init__(self, store: Store, secret_key: str, publishable_key: str, base_url: str) -> None:
        self.store, self.secret_key, self.publishable_key = store, secret_key, publishable_key
        self.limiter, self.recorder = Limiter(), Recorder()
        with store.transaction():
            store.set_fact("base_url", base_url)
            self.recorder.follow(store.fact("record"))

    def application(self) -> Starlette:
        """The ASGI application."""
        api = [Route(path, self.endpoint(path), methods=methods) for path, methods in _by_path().items()]
        return Starlette(
            routes=[
                *api,
                *Hosted(self.store).routes(),
                Route("/standin/control", self.control, methods=["GET", "POST"]),
                Route("/{rest:path}", self.not_implemented, methods=METHODS),
            ],
            middleware=[
                Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]),
            ],
        )

    def endpoint(self, path: str) -> Callable[[Request], Any]:
        """The handler of one path."""

        async def handle(request: Request) -> Response:
            operation = OPERATIONS.get((request.method, path))
            if operation is None:
                return self.not_implemented(request)
            body, request.scope["template"] = await request.body(), path
            answer = await run_in_threadpool(self.answer, operation, request, body)
            self.recorder.record(request, body, answer.status_code)
            if answer is CUT and request.client:
                await wires.cut((request.client.host, request.client.port))
            return answer

        return handle

    def answer(self, operation: Operation, request: Request, body: bytes) -> Response:
        """Authenticate, draw a fault, replay a known key, else do it and remember.

        The store's lock makes a second request with the same key wait for the first and get its answer.
        """
        try:
            values = read_values(request, body)
            self.check_key(request, operation, values)
            with self.store.transaction():
                self.limiter.check(self.store.fact("rate_limits", {}), f"{request.method} {request.scope['path']}")
                fault = faults.draw(self.store, request.method, request.url.path)
                if fault and not fault.after:
                    return answer_of(fault)
                due_work.run(self.store)
                done = self.once(operation, request, values, body)
        except ApiError as error:
            return JSONResponse(error.body, error.status)
        return answer_of(fault) if fault else done

    def once(self, operation: Operation, request: Request, values: dict[str, Any], body: bytes) -> Response:
        """The remembered answer to the idempotency key, or a new one that is remembered."""
        key = request.headers.get("idempotency-key", "")
        print_ = hashlib.sha256(f"{request.method} {request.url.path}".encode() + body).hexdigest()
        known = self.store.answered(key) if key else None
        if known is not None:
            return replayed(known, print_)
        status, answer = self.perform(operation, request, values)
        text = json.dumps(answer)
        if key and request.method != "GET" and is_kept(status, answer):
            self.store.remember(key, print_, status, text)
        return Response(text, status, {"Request-Id": new_id("req")}, "application/json")

    def perform(self, operation: Operation, request: Request, values: dict[str, Any]) -> tuple[int, Any]:
        """Status and body. A refusal is an answer: what it changed is kept."""
        try:
            shapes.check(f"{request.method} {request.scope['template']}", values)
            result = operation.handler(self.store, values, *request.path_params.values())
            if result.get("object") == "list":
                result["url"] = request.url.path
            return 200, expand(self.store, result, values.get("expand"))
        except ApiError as error:
            return error.status, error.body

    def check_key(self, request: Request, operation: Operation, values: dict[str, Any]) -> None:
        """Raises ApiError 401 or 403. A browser's key reads an intent only with the intent's own secret."""
        key = presented_key(request)
        if key == self.secret_key:
            return
        if key != self.publishable_key:
            raise ApiError(401, "Invalid API Key provided.")
        needs_secret = request.url.path.startswith(("/v1/payment_intents/", "/v1/setup_intents/"))
        if not operation.public or (needs_secret and not values.get("client_secret")):
            raise ApiError(403, "This API call cannot be made with a publishable API key.", code="secret_key_required")

    async def control(self, request: Request) -> Response:
        """What is set, or new orders; needs the secret key."""
        if presented_key(request) != self.secret_key:
            return JSONResponse(ApiError(401, "Invalid API Key provided.").body, 401)
        try:
            orders = json.loads(await request.body()) if request.method == "POST" else None
        except ValueError:
            return JSONResponse(ApiError(400, "The body must be a JSON object.").body, 400)
        try:
            with self.store.transaction():
                answer = control.shown(self.store) if orders is None else control.order(self.store, orders)
                self.recorder.follow(self.store.fact("record"))
                return JSONResponse(answer)
        except ApiError as error:
            return JSONResponse(error.body, error.status)

    def not_implemented(self, request: Request) -> Response:
        """Never a false 200."""
        error = not_here(f"{request.method} {request.url.path}")
        return JSONResponse(error.body, error.status)


def _by_path() -> dict[str, list[str]]:
    return {path: METHODS for _, path in OPERATIONS}


def answer_of(fault: faults.Fault) -> Response:
    """The answer of a fault, or the mark of a connection to cut."""
    if fault.cut or fault.error is None:
        return CUT
    return JSONResponse(fault.error.body, fault.error.status, {"Stripe-Should-Retry": "false"})


def is_kept(status: int, answer: Any) -> bool:
    """Whether a key remembers this answer: not when parameters were wrong, because nothing was begun then."""
    wrong_parameters = status == 400 and str(answer["error"].get("code", "")).startswith("parameter_")
    return status < 500 and status not in {409, 429} and not wrong_parameters


def presented_key(request: Request) -> str:
    """The API key of the Authorization header, bearer or basic."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return value
    try:
        return base64.b64decode(value).decode().split(":")[0]
    except ValueError:
        return ""


def read_values(request: Request, body: bytes) -> dict[str, Any]:
    """Parameters of the query, the form, or for API v2 the JSON body. Raises ApiError."""
    values = parse_form(str(request.url.query))
    if not body:
        return values
    try:
        given = json.loads(body) if request.url.path.startswith("/v2/") else parse_form(body.decode())
    except ValueError as error:
        raise ApiError(400, "The body cannot be read.") from error
    if not isinstance(given, dict):
        raise ApiError(400, "The body must be an object.")
    return values | given


def replayed(known: tuple[str, int, str], print_: str) -> Response:
    """The first answer again, or a 400 when the key was used for something else."""
    fingerprint, status, text = known
    if fingerprint != print_:
        message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        return JSONResponse(ApiError(400, message, "idempotency_error").body, 400)
    headers = {"Idempotent-Replayed": "true", "Request-Id": new_id("req"), "Date-Of-Replay": str(int(time.time()))}
    return Response(text, status, headers, "application/json")
