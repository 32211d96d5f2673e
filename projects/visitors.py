"""A project's page as visitors see it, who are nobody in particular: drawn once and kept for some seconds.

What stands in the key is never older than the request: the project's own row, and its totals. So money, GPU-hours,
state and story are always those of now; comments, notes, runs and names are at most `settings.VISITORS_PAGE_SECONDS`
old. Who has a session gets a page of their own. Without Redis each page is drawn for its visitor.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from django.utils.translation import get_language

from projects.models import Project

logger = logging.getLogger(__name__)
# Stands in the kept page where each visitor's own source goes; no source is written so.
SOURCE = "_source_"
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


def version_for(request: HttpRequest, slug: str) -> Version | None:
    """In one query; None for who has a session or messages, and where nothing is kept."""
    if not settings.VISITORS_PAGE_SECONDS or {settings.SESSION_COOKIE_NAME, "messages"} & set(request.COOKIES):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, [slug, list(Project.PRIVATE_STATES)])
        row = cursor.fetchone()
    return Version(*row) if row else None


def kept_page(*, version: Version, source: str, draw: Callable[[str], str]) -> str:
    """The page with this source in its links; `draw` is given what stands for a source, and empty for none."""
    key = f"visitors:{version.project_id}:{version.name}:{get_language()}:{bool(source)}".replace(" ", ",")
    try:
        packed: bytes | None = cache.get(key)
        if packed is None:
            packed = zlib.compress(draw(SOURCE if source else "").encode(), 1)
            cache.set(key, packed, settings.VISITORS_PAGE_SECONDS)
    except redis.RedisError as error:
        logger.warning("page_not_kept error=%s", type(error).__name__)
        return draw(source)
    return zlib.decompress(packed).decode().replace(SOURCE, source)
