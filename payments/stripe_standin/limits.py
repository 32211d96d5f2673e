"""Rate limits as the provider has them: a bucket for everything and one for each endpoint. Off unless ordered."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from payments.stripe_standin.errors import ApiError


@dataclass(slots=True)
class Bucket:
    """Tokens that come back at `rate` a second, at most one second's worth."""

    tokens: float
    filled_at: float

    def take(self, rate: float, now: float) -> bool:
        """Whether there was a token."""
        self.tokens = min(max(rate, 1.0), self.tokens + (now - self.filled_at) * rate)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(slots=True)
class Limiter:
    """Real seconds, whatever the clock control says; safe between threads."""

    buckets: dict[str, Bucket] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, rates: dict[str, float], endpoint: str) -> None:
        """Count one call. Raises ApiError 429 with nothing done."""
        with self.lock:
            now = time.monotonic()
            for name, bucket in (("endpoint", endpoint), ("overall", "overall")):
                rate = float(rates.get(name) or 0)
                if rate and not self.buckets.setdefault(bucket, Bucket(max(rate, 1.0), now)).take(rate, now):
                    raise ApiError(429, f"Too many requests ({name}).", code="rate_limit")
