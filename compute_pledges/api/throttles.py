"""How often a machine may ask: counted by device, or by account while it pairs, in each minute of the clock."""

from __future__ import annotations

import time
from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.limits import counted
from accounts.models import User
from compute_pledges.api.auth import Machine

MINUTE_SECONDS = 60


class DeviceRate(BaseThrottle):
    """A view may allow more by `requests_a_minute`; the programs of the operator are not counted."""

    def allow_request(self, request: Request, view: Any) -> bool:
        name = _caller(request)
        if not name:
            return True
        used = counted(f"rate:{name}:{view.requests_a_minute}", MINUTE_SECONDS)
        return bool(used <= view.requests_a_minute)

    def wait(self) -> float:
        """Until the next minute; DRF tells it as Retry-After."""
        return MINUTE_SECONDS - time.time() % MINUTE_SECONDS


def _caller(request: Request) -> str:
    """A name to count by; empty for a run's programs, auditors and the manager."""
    caller = request.user
    if isinstance(caller, Machine):
        return f"device:{caller.device.pk}" if caller.device else ""
    return f"account:{caller.pk}" if isinstance(caller, User) else ""
