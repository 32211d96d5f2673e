"""Server-sent events: one small ASGI process that draws a changed run once a language for everyone who watches it.

PostgreSQL's NOTIFY carries the run's key; the state is read here, so an event can be lost or doubled without harm. The
event's id is the hash of what was drawn: a browser that reconnects with the same id is sent nothing until news comes.
One direct connection listens, outside any pooler.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import psycopg
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404
from django.template.loader import render_to_string
from django.utils import timezone, translation
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from compute_pledges.live import weave_of
from compute_pledges.services.news import CHANNEL
from compute_pledges.web.run_views import visible_run

logger = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 15
RECONNECT_SECONDS = 2.0
MAX_WATCHERS = 2000


@dataclass(frozen=True, slots=True)
class Picture:
    """A run as those see it who read one language."""

    run_id: UUID
    language: str


@sync_to_async(thread_sensitive=False)
def draw(picture: Picture) -> str:
    """The changing part of a run's page. Raises Http404."""
    try:
        run = visible_run(picture.run_id)
        with translation.override(picture.language):
            return render_to_string("compute/_live.html", {"run": run, "weave": weave_of(run, now=timezone.now())})
    finally:
        connection.close()  # Threads of the pool come and go; a connection kept by one would never be closed.


class Board:
    """The newest drawing of each watched picture, and its watchers' wake-up."""

    def __init__(self) -> None:
        self.watchers: defaultdict[Picture, int] = defaultdict(int)
        self.drawings: dict[Picture, tuple[str, str]] = {}
        self.changed = asyncio.Condition()

    async def refresh(self, run_id: UUID | None) -> None:
        """Draw a run, or all, again and wake everyone who watches. One that is no longer public keeps its drawing."""
        for picture in [watched for watched in self.watchers if run_id in (None, watched.run_id)]:
            with contextlib.suppress(Http404):
                await self.put(picture, await draw(picture))

    async def put(self, picture: Picture, html: str) -> None:
        """Keep a drawing and wake everyone who watches."""
        mark = hashlib.sha256(html.encode()).hexdigest()[:16]
        async with self.changed:
            self.drawings[picture] = (mark, html)
            self.changed.notify_all()

    async def news(self, picture: Picture, seen: str) -> tuple[str, str]:
        """The newest drawing once it differs from `seen`."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.drawings[picture][0] != seen)
            return self.drawings[picture]

    @contextlib.asynccontextmanager
    async def watching(self, picture: Picture) -> AsyncIterator[None]:
        """Count a watcher; the last one to leave takes the drawing along."""
        self.watchers[picture] += 1
        try:
            yield
        finally:
            self.watchers[picture] -= 1
            if not self.watchers[picture]:
                del self.watchers[picture]
                self.drawings.pop(picture, None)


async def listen(board: Board) -> None:
    """Follow NOTIFY for ever; a lost connection is made again and what was missed is drawn."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(_database_url(), autocommit=True) as listener:
                await listener.execute(f"LISTEN {CHANNEL}")
                await board.refresh(None)  # After a gap in listening: what was missed is read from state.
                async for notice in listener.notifies():
                    await board.refresh(UUID(notice.payload))
        except (psycopg.Error, DatabaseError, ValueError) as error:
            logger.warning("event_stream_interrupted error=%s", type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)


def _database_url() -> str:
    database = settings.DATABASES["default"]
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {key: str(database[name]) for key, name in names.items() if database.get(name)}
    return psycopg.conninfo.make_conninfo("", **given)


def sign_of_life() -> ServerSentEvent:
    """An event, not a comment: pages see it, and know that a quiet run is not a lost connection."""
    return ServerSentEvent("still here", event="alive")


async def run_events(request: Request) -> Response:
    """`event: weave` with the drawing in `?language=`, at once and after each change; `event: alive` every 15 s."""
    board: Board = request.app.state.board
    picture = Picture(request.path_params["run_id"], _language(request.query_params.get("language", "")))
    if sum(board.watchers.values()) >= MAX_WATCHERS:
        return PlainTextResponse("Too many watchers; poll instead.", status_code=503, headers={"Retry-After": "30"})
    try:
        html = await draw(picture)
    except Http404:
        return PlainTextResponse("There is no such run.", status_code=404)
    seen = request.headers.get("last-event-id", "")

    async def events() -> AsyncIterator[ServerSentEvent]:
        mark = seen
        async with board.watching(picture):
            await board.put(picture, html)
            while True:
                mark, drawing = await board.news(picture, mark)
                yield ServerSentEvent(drawing, event="weave", id=mark)

    return EventSourceResponse(events(), ping=HEARTBEAT_SECONDS, ping_message_factory=sign_of_life)


def _language(asked: str) -> str:
    """One of the site's; its first where it has none of that name."""
    return asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


async def health(request: Request) -> Response:
    """Ready once the process answers."""
    return PlainTextResponse("ok\n")


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """The listener lives as long as the process."""
    app.state.board = Board()
    listener = asyncio.create_task(listen(app.state.board))
    try:
        yield
    finally:
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener


def build_application() -> Starlette:
    """The ASGI application. Only the site's own pages may read it from a browser."""
    return Starlette(
        routes=[Route("/runs/{run_id:uuid}/events", run_events), Route("/healthz", health)],
        middleware=[Middleware(CORSMiddleware, allow_origins=[settings.SITE_URL], allow_methods=["GET"])],
        lifespan=lifespan,
    )
