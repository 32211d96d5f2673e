"""How often a caller may ask: by token, or by address without one, in each minute of the clock."""

from __future__ import annotations

import math
import time
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.limits import counted
from api.models import PersonalToken

MINUTE_SECONDS = 60


class CallerRate(BaseThrottle):
    """Leaves what is left on the request, for the headers of the answer."""

    def allow_request(self, request: Request, view: Any) -> bool:
        token = request.auth if isinstance(request.auth, PersonalToken) else None
        most = settings.API_REQUESTS_A_MINUTE if token else settings.API_ANONYMOUS_A_MINUTE
        name = f"token:{token.pk}" if token else f"address:{self.get_ident(request)}"
        used = counted(f"api:{name}", MINUTE_SECONDS)
        view.limit = (most, max(most - used, 0))
        return used <= most

    def wait(self) -> float:
        """Until the next minute."""
        return MINUTE_SECONDS - time.time() % MINUTE_SECONDS


def tell_limit(response: Response, limit: tuple[int, int] | None) -> None:
    """RateLimit headers of the IETF's draft: the policy, what is left, and seconds until it is whole again."""
    if limit is None:
        return
    most, left = limit
    response["RateLimit-Policy"] = f'"minute";q={most};w={MINUTE_SECONDS}'
    response["RateLimit"] = f'"minute";r={left};t={math.ceil(MINUTE_SECONDS - time.time() % MINUTE_SECONDS)}'
