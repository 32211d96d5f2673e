"""One run joined by a volunteer: its model, its data and its exchange."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from training_cluster.client import Api
from training_cluster.data import Shards, open_learner
from training_cluster.exchange_upload import UploadVolunteer
from training_cluster.exchanges import VolunteerExchange
from training_cluster.folder import Folder
from training_cluster.keys import b64
from training_cluster.model import flatten, parameters_of
from training_cluster.protocol import peer_message
from training_cluster.spec import RunSpec, SpecError


def session_key(run: dict[str, Any]) -> tuple[str, ...]:
    """A session is joined anew when one of these changes."""
    return (run["run_id"], *run["anchor_addresses"], *run["anchor_peer_ids"])


class Session:
    """One run joined: its model, data and connection to the anchor."""

    def __init__(self, api: Api, folder: Folder, run: dict[str, Any]) -> None:
        self.api, self.key = api, session_key(run)
        self.spec = RunSpec.from_body(api.get(f"/api/v1/runs/{run['run_id']}/spec"))
        self.model = open_learner(api, self.spec)
        self.shards = Shards(api, self.spec, self.model)
        self.connect(folder, run)

    def connect(self, folder: Folder, run: dict[str, Any]) -> None:
        """Open the exchange that the run declares. Raises AnchorAway."""
        self.exchange: VolunteerExchange = self.open_exchange(folder, run)
        self.is_connected = True

    def open_exchange(self, folder: Folder, run: dict[str, Any]) -> VolunteerExchange:
        """Either form. Raises AnchorAway, SpecError where the owner's limits could not be kept."""
        if self.spec.hyper.exchange == "upload":
            return UploadVolunteer(self.api, folder.key)
        # Only here: hivemind brings a daemon and memory that the other form does not need.
        from training_cluster.exchange_hivemind import HivemindVolunteer

        if self.api.traffic.is_paced():
            raise SpecError("its exchange is hivemind, which knows no limit of bandwidth, and you set one.")
        size = flatten(parameters_of(self.model)).numel()
        return HivemindVolunteer(self.spec, size, run, folder.path / "peer.key", self.api.traffic)

    def identity(self, key: Ed25519PrivateKey, device_id: str) -> dict[str, str]:
        """Who this machine is in the run's exchange, signed by its device's key."""
        run_id, peer = self.spec.run_id, self.exchange.identity
        signature = b64(key.sign(peer_message(run_id, peer.peer_id)))
        return {
            "run_id": run_id, "peer_id": peer.peer_id, "peer_signature": signature, **peer.proof(run_id, device_id)
        }  # fmt: skip

    def close(self) -> None:
        """End the connection's processes; a second call changes nothing."""
        if self.is_connected:
            self.is_connected = False
            self.exchange.close()
