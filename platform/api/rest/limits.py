"""How often a caller may ask: by token, or by address without one, in each minute of the clock."""

from __future__ import annotations

import math
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from api.models import PersonalToken

MINUTE_SECONDS = 60


class CallerRate(BaseThrottle):
    """Leaves what is left on the request, for the headers of the answer."""

    def allow_request(self, request: Request, view: Any) -> bool:
        token = request.auth if isinstance(request.auth, PersonalToken) else None
        most = settings.API_REQUESTS_A_MINUTE if token else settings.API_ANONYMOUS_A_MINUTE
        name = f"token:{token.pk}" if token else f"address:{self.get_ident(request)}"
        key = f"api:{name}:{int(time.time() // MINUTE_SECONDS)}"
        used = _counted(key)
        view.limit = (most, max(most - used, 0))
        return used <= most

    def wait(self) -> float:
        """Until the next minute."""
        return MINUTE_SECONDS - time.time() % MINUTE_SECONDS


def _counted(key: str) -> int:
    """One more; the first one where the cache was emptied in between."""
    cache.add(key, 0, 2 * MINUTE_SECONDS)
    try:
        return int(cache.incr(key))
    except ValueError:
        return 1


def tell_limit(response: Response, limit: tuple[int, int] | None) -> None:
    """RateLimit headers of the IETF's draft: the policy, what is left, and seconds until it is whole again."""
    if limit is None:
        return
    most, left = limit
    response["RateLimit-Policy"] = f'"minute";q={most};w={MINUTE_SECONDS}'
    response["RateLimit"] = f'"minute";r={left};t={math.ceil(MINUTE_SECONDS - time.time() % MINUTE_SECONDS)}'
