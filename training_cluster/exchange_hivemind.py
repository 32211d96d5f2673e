"""The exchange over hivemind: the anchor is the one public peer and the reducer, volunteers only call out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch

from training_cluster.admission import Admission
from training_cluster.block import Block
from training_cluster.client import Api
from training_cluster.exchange import RoundAverager, Sent, nobody, start_dht
from training_cluster.exchanges import AnchorAway, AnchorExchange, Gathered, VolunteerExchange
from training_cluster.peers import PeerKey
from training_cluster.robust import Robust
from training_cluster.spec import RunSpec
from training_cluster.volunteer.traffic import Traffic

logger = logging.getLogger(__name__)
EXCHANGE_GRACE_SECONDS = 4.0
BYTES_A_VALUE = 2  # float16 each way


class HivemindAnchor(AnchorExchange):
    """Leads the all-reduce with weight 0."""

    def __init__(
        self, api: Api, asking: Api, spec: RunSpec, size: int, folder: Path, *, listen: str, announce: str | None
    ) -> None:
        self.spec, self.size, self.admission = spec, size, Admission(asking, spec.run_id)
        self.dht = start_dht(listen=listen, announce=announce, initial=[], identity=folder / "identity.key")
        addresses = [str(address) for address in self.dht.get_visible_maddrs()]
        self.averager = RoundAverager(
            size, dht=self.dht, run_id=spec.run_id, client_mode=False, max_weight=float(spec.hyper.max_steps),
            admit=self.admission, trusted=set(), robust=Robust(spec.hyper.reduction, spec.hyper.clip),
            seconds=spec.hyper.exchange_seconds,
        )  # fmt: skip
        api.post(f"/api/v1/runs/{spec.run_id}/anchor", {"peer_id": str(self.dht.peer_id), "addresses": addresses})
        logger.info("anchor_ready run=%s addresses=%s", spec.run_id, addresses)

    def peers(self) -> dict[str, Any]:
        """Peers that the platform bound to a live lease."""
        return self.admission.peers()

    def gather(self, index: int, seconds: float) -> Gathered:
        """Average with the round's volunteers; only what came from a bound peer, with its lease's steps, is named."""
        bound = self.peers()
        if not bound:
            return Gathered()
        self.averager.put(torch.zeros(self.size))
        if not self.averager.exchange(0.0, self.spec.hyper.exchange_seconds + EXCHANGE_GRACE_SECONDS):
            return Gathered(is_owed=True)
        report = self.averager.report()
        sent = [item for item in report.sent if item.peer_id in bound]
        if not sent:
            return Gathered()
        leases = {item.peer_id: str(bound[item.peer_id]["lease_id"]) for item in sent}
        return Gathered(
            [contribution(item, leases[item.peer_id]) for item in sent],
            self.averager.take(),
            alike=[[leases[a], leases[b], cosine] for a, b, cosine in report.alike if {a, b} <= leases.keys()],
            seeds={leases[item.peer_id]: int(bound[item.peer_id]["seed"]) for item in sent},
        )

    def close(self) -> None:
        """End the peer's processes."""
        self.averager.shutdown()
        self.dht.shutdown()


def contribution(sent: Sent, lease_id: str) -> dict[str, Any]:
    """What was merged of one peer, as the platform reads it."""
    return {
        "peer_id": sent.peer_id,
        "lease_id": lease_id,
        "weight": sent.weight,
        "update_sha256": sent.update_sha256,
    }


class HivemindVolunteer(VolunteerExchange):
    """A client-mode peer: nothing listens. Raises AnchorAway when no anchor answers."""

    waits = True

    def __init__(self, spec: RunSpec, size: int, run: dict[str, Any], identity: Path, traffic: Traffic) -> None:
        if not all(address.startswith("/") for address in run["anchor_addresses"]):
            raise AnchorAway("The run's exchange has just been changed; its anchor is starting again.")
        self.timeout = spec.hyper.exchange_seconds + EXCHANGE_GRACE_SECONDS
        trusted = set(run["anchor_peer_ids"])
        self.dht = start_dht(
            listen=None, announce=None, initial=run["anchor_addresses"], identity=identity, trusted=trusted
        )
        self.averager = RoundAverager(
            size, dht=self.dht, run_id=run["run_id"], client_mode=True, max_weight=float(spec.hyper.max_steps),
            admit=nobody, trusted=trusted, seconds=spec.hyper.exchange_seconds,
        )  # fmt: skip
        self.identity, self.is_open = PeerKey.read(identity), True
        self.traffic, self.bytes = traffic, BYTES_A_VALUE * size

    def send(self, block: Block, payload: bytes) -> bool:
        """One all-reduce with the anchor."""
        self.averager.put(block.update)
        is_merged = self.averager.exchange(float(block.steps), self.timeout)
        # An exchange that broke off sent some of it: counted as if all had gone.
        self.traffic.count(up=self.bytes, down=self.bytes if is_merged else 0)
        return is_merged

    def close(self) -> None:
        """End the peer's processes."""
        if self.is_open:
            self.is_open = False
            self.averager.shutdown()
            self.dht.shutdown()
