"""Who may take part in a round's average: peers whose device holds a live lease of it, as the platform says."""

from __future__ import annotations

import logging
import time
from typing import Any

from training_cluster.client import Api, ApiError, PlatformAway

logger = logging.getLogger(__name__)
FRESH_SECONDS = 1.0
ASK_AGAIN_SECONDS = 0.5


class Admission:
    """Bindings by peer id, asked of the platform at most once a second; a stranger makes it ask a little earlier."""

    def __init__(self, api: Api, run_id: str) -> None:
        self._api, self._path = api, f"/api/v1/runs/{run_id}/bindings"
        self._peers: dict[str, Any] = {}
        self._asked = float("-inf")

    def __call__(self, peer_id: str) -> bool:
        if peer_id in self.peers():
            return True
        return peer_id in self.peers(ASK_AGAIN_SECONDS)

    def peers(self, fresh_seconds: float = FRESH_SECONDS) -> dict[str, Any]:
        """{peer id: {lease_id, device_id, max_steps, seed}}; the last known while the platform is away."""
        if time.monotonic() - self._asked > fresh_seconds:
            try:
                self._peers = self._api.get(self._path)["peers"]
            except (ApiError, PlatformAway) as error:
                logger.warning("bindings_unknown reason=%s", error)
            self._asked = time.monotonic()
        return self._peers
