"""Pairing this machine with an account: the OAuth device grant (RFC 8628), then the key signs a challenge."""

from __future__ import annotations

import time
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from training_cluster.client import Api, bearer
from training_cluster.keys import b64
from training_cluster.protocol import enrollment_message

CLIENT_ID = "commonweave-worker"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
TIMEOUT_SECONDS = 30


class PairingFailed(Exception):
    """Not paired; the message says why and what to do."""


def ask_for_code(base: str) -> dict[str, Any]:
    """A device code and the code that a person enters. Raises PairingFailed."""
    answer = _post(f"{base}/identity/o/api/device/code", {"client_id": CLIENT_ID, "scope": "openid devices"})
    if "user_code" not in answer:
        raise PairingFailed(f"The platform gave no code: {answer.get('error', answer)}")
    return answer


def wait_for_approval(base: str, code: dict[str, Any]) -> str:
    """The access token, once a signed-in person has approved the code. Raises PairingFailed."""
    interval = float(code.get("interval", 5))
    until = time.monotonic() + float(code.get("expires_in", 300))
    form = {"grant_type": GRANT, "device_code": code["device_code"], "client_id": CLIENT_ID}
    while time.monotonic() < until:
        time.sleep(interval)
        answer = _post(f"{base}/identity/o/api/token", form)
        if "access_token" in answer:
            return str(answer["access_token"])
        error = str(answer.get("error", ""))
        if error == "slow_down":
            interval += 1
        elif error == "access_denied":
            raise PairingFailed("The pairing was refused on the platform. Nothing was paired.")
        elif error != "authorization_pending":
            raise PairingFailed(f"The code is no longer valid ({error or answer}). Run `login` again for a new one.")
    raise PairingFailed("The code expired before it was approved. Run `login` again for a new one.")


def _post(address: str, form: dict[str, str]) -> dict[str, Any]:
    try:
        answer = requests.post(address, data=form, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        body = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise PairingFailed(f"{address} does not answer as the platform does: {type(error).__name__}") from error
    if not isinstance(body, dict):
        raise PairingFailed(f"{address} gave an unexpected answer.")
    return body


def enroll(base: str, token: str, key: Ed25519PrivateKey, name: str, hardware: dict[str, Any]) -> str:
    """Bind the key to the account that approved; returns the device id. Raises ApiError, PlatformAway."""
    api = Api(base, bearer(token))
    challenge = api.post("/api/v1/devices/challenge")
    message = enrollment_message(bytes.fromhex(challenge["challenge"]))
    body = {
        "challenge_id": challenge["challenge_id"],
        "public_key": b64(key.public_key().public_bytes_raw()),
        "signature": b64(key.sign(message)),
        "name": name,
        "hardware": hardware,
    }
    return str(api.post("/api/v1/devices", body)["device_id"])
