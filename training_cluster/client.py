"""The platform's HTTP API as the cluster's programs use it. A platform that is away is waited for, with a limit."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from training_cluster.keys import b64
from training_cluster.protocol import request_message
from training_cluster.volunteer.traffic import CHUNK, Traffic

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS = 30
HTTP_OK, HTTP_PARTIAL, HTTP_FOUND, HTTP_TOO_MANY = 200, 206, 302, 429
FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0
Headers = Callable[[str, str, bytes], dict[str, str]]


class ApiError(Exception):
    """The platform refused. `code` and `retry_after` are the platform's."""

    def __init__(self, status: int, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after = status, code, retry_after


class PlatformAway(Exception):
    """No answer within the time that the caller was ready to wait, or before it was told to stop."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status_code: int
    reason: str
    content: bytes
    location: str = ""
    retry_after: float | None = None

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json.loads(self.content)


@dataclass(slots=True)
class Api:
    """`authorize(method, path, body)` gives the headers that say who calls; `stopping` ends every wait.

    `traffic` keeps to the bandwidth that a volunteer allows, and counts.
    """

    base: str
    authorize: Headers
    patience_seconds: float = 60.0
    stopping: threading.Event = field(default_factory=threading.Event)
    traffic: Traffic = field(default_factory=Traffic)

    def __post_init__(self) -> None:
        self.base = self.base.rstrip("/")

    def get(self, path: str) -> Any:
        """JSON of a GET. Raises ApiError, PlatformAway."""
        return self._json("GET", path, b"")

    def delete(self, path: str) -> Any:
        """JSON of a DELETE; None for an empty answer. Raises ApiError, PlatformAway."""
        return self._json("DELETE", path, b"")

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """JSON of a POST; None for an empty answer. Raises ApiError, PlatformAway."""
        return self._json("POST", path, json.dumps(body or {}).encode())

    def get_bytes(self, path: str, span: tuple[int, int] | None = None) -> bytes:
        """The body of a GET as it is, of the operator's storage too. Raises ApiError, PlatformAway.

        `span`: only the bytes from the first up to the second, of what may be kept in the storage.
        """
        query = "" if span is None else f"?first={span[0]}&end={span[1]}"
        answer = self._send("GET", path + query, b"", "application/octet-stream")
        return self._fetch_signed(answer.location, span) if answer.status_code == HTTP_FOUND else answer.content

    def post_bytes(self, path: str, payload: bytes) -> None:
        """POST bytes as they are. Raises ApiError, PlatformAway."""
        self._send("POST", path, payload, "application/octet-stream")

    def get_blob(self, sha256: str) -> bytes:
        """The bytes of a blob, checked against its name. Raises ApiError, PlatformAway."""
        payload = self.get_bytes(f"/api/v1/blobs/{sha256}")
        if hashlib.sha256(payload).hexdigest() != sha256:
            raise ApiError(0, "blob_corrupt", "The blob's bytes do not match its hash.")
        return payload

    def _fetch_signed(self, address: str, span: tuple[int, int] | None = None) -> bytes:
        """Bytes of the operator's object storage: the address is its own permission, ours stays with the platform."""
        headers, due = ({}, HTTP_OK) if span is None else ({"Range": f"bytes={span[0]}-{span[1] - 1}"}, HTTP_PARTIAL)
        try:
            with requests.get(
                address, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
            ) as answer:
                content = self.traffic.received(answer.iter_content(CHUNK))
        except requests.RequestException as error:
            raise ApiError(0, "storage_away", "The object storage does not answer.") from error
        if answer.status_code != due:
            raise ApiError(answer.status_code, "storage_refused", "The object storage did not give the bytes.")
        return content

    def put_blob(self, payload: bytes) -> str:
        """Store bytes; returns their hash. Raises ApiError, PlatformAway."""
        sha256 = hashlib.sha256(payload).hexdigest()
        self._send("PUT", f"/api/v1/blobs/{sha256}", payload, "application/octet-stream")
        return sha256

    def _json(self, method: str, path: str, body: bytes) -> Any:
        response = self._send(method, path, body, "application/json")
        return response.json() if response.content else None

    def _send(self, method: str, path: str, body: bytes, content_type: str) -> Answer:
        until, wait = time.monotonic() + self.patience_seconds, FIRST_WAIT
        while True:
            pause = wait
            try:
                response = self._once(method, path, body, content_type)
                # Asked too often, a program waits as long as it is told to, if it has that much patience.
                pause = max(response.retry_after or 0.0, pause)
                is_slowed = response.status_code == HTTP_TOO_MANY and response.retry_after is not None
                if response.status_code < 500 and not (is_slowed and time.monotonic() + pause <= until):
                    return _checked(response)
                trouble = f"status {response.status_code}"
            except requests.RequestException as error:
                trouble = type(error).__name__
            logger.info("platform_away trouble=%s path=%s", trouble, path)
            if time.monotonic() + pause > until or self.stopping.wait(pause):
                raise PlatformAway(f"{self.base} does not answer ({trouble}).")
            wait = min(wait * 2, LONGEST_WAIT)

    def _once(self, method: str, path: str, body: bytes, content_type: str) -> Answer:
        headers = {"Content-Type": content_type, **self.authorize(method, path, body)}
        with requests.request(
            method, self.base + path, data=self.traffic.sending(body) if body else None, headers=headers,
            timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True,
        ) as response:  # fmt: skip
            content = self.traffic.received(response.iter_content(CHUNK))
            told = response.headers.get("Retry-After", "")
            later = float(told) if told.isdecimal() else None
            address = response.headers.get("Location", "")
            return Answer(response.status_code, response.reason or "", content, address, later)


def _checked(response: Answer) -> Answer:
    if response.status_code < 300 or response.status_code == HTTP_FOUND:
        return response
    try:
        body = response.json()
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    message = str(body.get("message") or body.get("detail") or body or response.reason)
    raise ApiError(
        response.status_code, str(body.get("code", "")), message, body.get("retry_after", response.retry_after)
    )


def bearer(token: str) -> Headers:
    """Headers of the manager, an anchor or an auditor."""

    def headers(_method: str, _path: str, _body: bytes) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    return headers


def device_signature(key: Ed25519PrivateKey, device_id: str) -> Headers:
    """Headers of a paired device: each request is signed with a fresh nonce."""

    def headers(method: str, path: str, body: bytes) -> dict[str, str]:
        stamp, nonce = str(int(time.time())), secrets.token_hex(16)
        digest = hashlib.sha256(body).hexdigest()
        message = request_message(method=method, path=path, timestamp=stamp, nonce=nonce, body_sha256=digest)
        return {
            "X-Commonweave-Device": device_id,
            "X-Commonweave-Timestamp": stamp,
            "X-Commonweave-Nonce": nonce,
            "X-Commonweave-Signature": b64(key.sign(message)),
        }

    return headers
