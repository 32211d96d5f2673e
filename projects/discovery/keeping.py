"""Lists are made once for all who ask the same within some seconds; without Redis, each time."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import TypeVar

import redis
from django.conf import settings
from django.core.cache import cache

logger = logging.getLogger(__name__)
Made = TypeVar("Made")


def kept(question: str, make: Callable[[], Made]) -> Made:
    """What `make` gives, or gave to the same question within `settings.VISITORS_PAGE_SECONDS`.

    For what depends on nothing but the question: neither on who asks, nor on the language unless it is part of it.
    """
    if not settings.VISITORS_PAGE_SECONDS:
        return make()
    key = f"lists:{hashlib.sha256(question.encode('utf-8', 'surrogatepass')).hexdigest()}"
    try:
        found: Made | None = cache.get(key)
        if found is None:
            found = make()
            cache.set(key, found, settings.VISITORS_PAGE_SECONDS)
    except redis.RedisError as error:
        logger.warning("list_not_kept error=%s", type(error).__name__)
        return make()
    return found
