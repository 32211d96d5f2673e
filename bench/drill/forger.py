"""Somebody who sends webhooks that are not the provider's. Every one that is answered must be refused with 400."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import threading
import time
from collections import Counter

import requests

from bench.drill.orders import WEBHOOK_SECRET

PAUSE_SECONDS = 0.4


def _sign(payload: bytes, secret: str, at: int) -> str:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Forger(threading.Thread):
    """Posts until stopped; `answers` counts by status."""

    def __init__(self, site: str, seed: int) -> None:
        super().__init__(daemon=True, name="forger")
        self.address, self.dice = f"{site}/webhooks/stripe/", random.Random(f"forger:{seed}")  # noqa: S311  # reason: replay
        self.answers: Counter[int] = Counter()
        self.stopping = threading.Event()

    def run(self) -> None:
        """One forged event after another; a site that is down is no answer."""
        while not self.stopping.wait(PAUSE_SECONDS):
            try:
                payload, header = self.forged()
                answer = requests.post(self.address, payload, headers={"Stripe-Signature": header}, timeout=20)
                self.answers[answer.status_code] += 1
            except requests.RequestException:
                continue

    def forged(self) -> tuple[bytes, str]:
        """A wrong secret, an old signature, a changed body, no signature at all."""
        event = {
            "id": f"evt_forged_{self.dice.getrandbits(64):x}", "object": "event", "type": "payment_intent.succeeded",
            "data": {"object": {"id": f"pi_forged_{self.dice.getrandbits(32):x}", "object": "payment_intent"}},
        }  # fmt: skip
        payload, now = json.dumps(event).encode(), int(time.time())
        headers = (
            _sign(payload, "whsec_of_somebody_else", now),
            _sign(payload, WEBHOOK_SECRET, now - 3600),
            _sign(payload + b" ", WEBHOOK_SECRET, now),
            "",
            "t=,v1=",
        )
        return payload, self.dice.choice(headers)

    @property
    def accepted(self) -> int:
        """Answers other than 400."""
        return sum(number for status, number in self.answers.items() if status != 400)
