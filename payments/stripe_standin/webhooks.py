"""Delivering events: signed as Stripe signs, at least once, with growing pauses between tries."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
import time
import urllib.error
import urllib.request

from payments.stripe_standin import due_work
from payments.stripe_standin.store import Store

logger = logging.getLogger(__name__)
POLL_SECONDS = 0.1
TIMEOUT_SECONDS = 10
LONGEST_PAUSE = 60.0
GIVE_UP_AFTER = 60


def signature(payload: bytes, secret: str, now: int) -> str:
    """The Stripe-Signature header. Signature times are real, whatever the clock control says."""
    signed = f"{now}.".encode() + payload
    return f"t={now},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def deliver(url: str, secret: str, payload: bytes) -> bool:
    """One try; whether the receiver took it."""
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature(payload, secret, int(time.time()))}
    request = urllib.request.Request(url, data=payload, headers=headers)  # noqa: S310  # reason: our own address
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310  # reason: as above
            return bool(200 <= response.status < 300)
    except (urllib.error.URLError, OSError) as error:
        logger.info("webhook_failed error=%s", error)
        return False


class Courier(threading.Thread):
    """Delivers what is due until stopped."""

    def __init__(self, store: Store, url: str, secret: str) -> None:
        super().__init__(daemon=True, name="webhooks")
        self.store, self.url, self.secret = store, url, secret
        self.stopping = threading.Event()

    def run(self) -> None:
        """Poll the queue."""
        while not self.stopping.wait(POLL_SECONDS):
            with self.store.transaction():
                due_work.run(self.store)
                due = self.store.due_deliveries(time.time())
                events = {event: self.store.get(event) for _, event, _ in due}
            for row, event, attempt in due:
                self.one(row, attempt, json.dumps(events[event]).encode())

    def one(self, row: int, attempt: int, payload: bytes) -> None:
        """One delivery; a failed one is tried again later."""
        taken = deliver(self.url, self.secret, payload)
        with self.store.transaction():
            if taken:
                self.store.delivered(row)
            elif attempt >= GIVE_UP_AFTER:
                self.store.given_up(row)
            else:
                self.store.postpone(row, time.time() + min(0.5 * 2**attempt, LONGEST_PAUSE))
