"""The pace of calls to the provider: a token bucket per endpoint, shared by every worker through Redis.

Sweeps keep a pace below the provider's limits (25 requests a second and endpoint in test mode), so that a person who
pays in the browser is never refused because thousands of pledges are being charged. Web requests are not paced.
Source of the algorithm: the generic cell rate algorithm, as one atomic script on the server's clock.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

import redis
from django.conf import settings

logger = logging.getLogger(__name__)
BURST = 5
# Without Redis no worker knows of the others: each keeps this part of the pace.
ALONE = 4
RESERVE = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local interval = tonumber(ARGV[1])
local at = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + interval
redis.call('SET', KEYS[1], string.format('%.0f', at), 'PX', 60000)
return string.format('%.0f', math.max(0, at - now - interval * tonumber(ARGV[2])))
"""
_paced: ContextVar[bool] = ContextVar("paced", default=False)


@contextmanager
def paced() -> Iterator[None]:
    """Calls to the provider inside wait for their turn."""
    token = _paced.set(True)
    try:
        yield
    finally:
        _paced.reset(token)


@lru_cache(maxsize=4)
def _store(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def keep_pace(endpoint: str) -> None:
    """Wait until `endpoint` may be called, when inside `paced`."""
    rate = settings.PROVIDER_CALLS_A_SECOND
    if rate and _paced.get():
        time.sleep(_wait(endpoint, rate))


def _wait(endpoint: str, rate: float) -> float:
    interval = 1_000_000 / rate
    try:
        answer = _store(settings.REDIS_URL).eval(RESERVE, 1, f"pace:{endpoint}", str(interval), str(BURST))
    except redis.RedisError:
        logger.warning("pace_alone endpoint=%s", endpoint)
        return ALONE / rate
    return int(answer) / 1_000_000
