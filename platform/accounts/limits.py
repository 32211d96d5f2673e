"""How often one account may do something, counted in Redis by fixed windows."""

import time

from django.core.cache import cache

from accounts.models import User


def is_within_limit(*, user: User, action: str, most: int, seconds: int) -> bool:
    """Count one more `action` of `user`; False once there were `most` in this window of `seconds`."""
    key = f"limit:{action}:{user.pk}:{int(time.time() // seconds)}"
    cache.add(key, 0, seconds)
    return cache.incr(key) <= most
