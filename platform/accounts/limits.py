"""How often somebody may do something, counted in Redis by fixed windows."""

import time

from django.core.cache import cache

from accounts.models import User


def is_within_limit(*, user: User, action: str, most: int, seconds: int) -> bool:
    """Count one more `action` of `user`; False once there were `most` in this window of `seconds`."""
    return counted(f"limit:{action}:{user.pk}", seconds) <= most


def counted(name: str, seconds: int) -> int:
    """Count one more in this window: how many there are now. The first one where the cache was emptied in between."""
    key = f"{name}:{int(time.time() // seconds)}"
    cache.add(key, 0, 2 * seconds)
    try:
        return int(cache.incr(key))
    except ValueError:
        return 1
