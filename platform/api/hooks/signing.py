"""Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body, told as `v1,<base64>`."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.crypto import salted_hmac

from api.models import HookEndpoint

PREFIX = "whsec_"
# After a rotation messages carry two signatures for so long.
BOTH_FOR = timedelta(days=1)


def secret_of(endpoint: HookEndpoint, generation: int | None = None) -> str:
    """The endpoint's secret, as receivers write it down."""
    return PREFIX + base64.b64encode(_key(endpoint, generation or endpoint.generation)).decode()


def headers_of(*, endpoint: HookEndpoint, message_id: str, body: str, at: datetime) -> dict[str, str]:
    """What a message carries. `at` is the real time of the attempt: receivers refuse old ones."""
    stamp = str(int(at.timestamp()))
    generations = [endpoint.generation]
    if endpoint.previous_until and at < endpoint.previous_until:
        generations.append(endpoint.generation - 1)
    signed = f"{message_id}.{stamp}.{body}".encode()
    signatures = [
        "v1," + base64.b64encode(hmac.digest(_key(endpoint, generation), signed, "sha256")).decode()
        for generation in generations
    ]
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}


def _key(endpoint: HookEndpoint, generation: int) -> bytes:
    salt = "commonweave.hooks"
    return salted_hmac(salt, f"{endpoint.pk}:{generation}", secret=settings.SECRET_KEY, algorithm="sha256").digest()
