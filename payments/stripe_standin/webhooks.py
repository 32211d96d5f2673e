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
from concurrent.futures import ThreadPoolExecutor

from payments.stripe_standin import due_work
from payments.stripe_standin.store import Object, Store

logger = logging.getLogger(__name__)
POLL_SECONDS = 0.1
BATCH, WORKERS = 50, 4
TIMEOUT_SECONDS = 8
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

    def __init__(self, store: Store, url: str, secret: str, thin_url: str = "") -> None:
        super().__init__(daemon=True, name="webhooks")
        self.store, self.url, self.secret = store, url, secret
        self.thin_url = thin_url
        self.stopping = threading.Event()
        with store.transaction():
            store.set_fact("thin_webhook_url", thin_url)

    def run(self) -> None:
        """Poll the queue; look again at once while there is more than one batch."""
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="webhook") as workers:
            while not self.stopping.is_set():
                if self.batch(workers) < BATCH:
                    self.stopping.wait(POLL_SECONDS)

    def batch(self, workers: ThreadPoolExecutor) -> int:
        """Deliver what is due, some at a time; how many there were."""
        with self.store.transaction():
            due_work.run(self.store)
            due = self.store.due_deliveries(time.time(), BATCH)
            events = {event: self.store.get(event) for _, event, _ in due}
        list(workers.map(lambda found: self.one(found[0], found[2], events[found[1]]), due))
        return len(due)

    def one(self, row: int, attempt: int, event: Object | None) -> None:
        """One delivery; a failed one is tried again later, what is left at the end by the next start."""
        if self.stopping.is_set() or event is None:
            return
        url = self.url if event["object"] == "event" else self.thin_url
        taken = deliver(url, self.secret, json.dumps(event).encode())
        with self.store.transaction():
            if taken:
                self.store.delivered(row)
            elif attempt >= GIVE_UP_AFTER:
                self.store.given_up(row)
            else:
                self.store.postpone(row, time.time() + min(0.5 * 2**attempt, LONGEST_PAUSE))
