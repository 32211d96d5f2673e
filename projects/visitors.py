"""A project's page as many people see it: drawn once and kept for some seconds, see docs/decisions/0044.

What stands in the key is never older than the request: the project's own row, and its totals. So money, GPU-hours,
state and story are always those of now; comments, notes, runs and names are at most `settings.VISITORS_PAGE_SECONDS`
old. Without Redis each page is drawn for whoever asks.
"""

from __future__ import annotations

import logging
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.translation import get_language

from projects.models import Project

logger = logging.getLogger(__name__)
_VERSION = """
SELECT p.id, p.xmin::text || coalesce((
    SELECT string_agg(d.kind || d.stage || d.amount || '/' || d.standing, ' ' ORDER BY d.kind, d.stage) FROM (
        SELECT kind, stage, sum(amount) AS amount, sum(standing) AS standing FROM projects_contributionday
        WHERE project_id = p.id GROUP BY kind, stage) d), '')
FROM projects_project p WHERE p.slug = %s AND p.state <> ALL (%s)
"""


@dataclass(frozen=True, slots=True)
class Version:
    """Of a public project's page: changes with the project's row and with every contribution."""

    project_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Own:
    """What differs from person to person in pieces that are otherwise alike; empty where it does not appear."""

    source: str = ""
    csrf_token: str = ""


def version_of(slug: str) -> Version | None:
    """In one query; None for what is not public, and where nothing is kept."""
    if not settings.VISITORS_PAGE_SECONDS:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, [slug, list(Project.PRIVATE_STATES)])
        row = cursor.fetchone()
    return Version(*row) if row else None


def kept_pieces(*, version: Version, audience: str, own: Own, draw: Callable[[Own], tuple[str, ...]]) -> list[bytes]:
    """The pieces that `draw` makes for this audience as UTF-8, with what is this person's own in them.

    `draw` is given words that nobody can guess where the own values go, so that no text of others is taken for them.
    """
    has = [bool(getattr(own, field.name)) for field in fields(Own)]
    key = f"visitors:{version.project_id}:{version.name}:{get_language()}:{audience}:{has}".replace(" ", ",")
    try:
        kept: tuple[Own, list[bytes]] | None = cache.get(key)
        if kept is None:
            kept = _draw(own, draw)
            cache.set(key, kept, settings.VISITORS_PAGE_SECONDS)
    except redis.RedisError as error:
        logger.warning("page_not_kept error=%s", type(error).__name__)
        return [piece.encode() for piece in draw(own)]
    marks, packed = kept
    return [_filled(zlib.decompress(piece), marks, own) for piece in packed]


def _filled(piece: bytes, marks: Own, own: Own) -> bytes:
    for field in fields(Own):
        if mark := getattr(marks, field.name):
            piece = piece.replace(mark.encode(), getattr(own, field.name).encode())
    return piece


def _draw(own: Own, draw: Callable[[Own], tuple[str, ...]]) -> tuple[Own, list[bytes]]:
    marks = Own(**{
        field.name: f"mark-{secrets.token_hex(16)}" if getattr(own, field.name) else "" for field in fields(Own)
    })  # fmt: skip
    return marks, [zlib.compress(piece.encode(), 1) for piece in draw(marks)]
