"""How updates get from volunteers to the anchor: one interface, two forms.

`hivemind` is an all-reduce among peers that the anchor leads; `upload` is a resumable upload over HTTPS to the
platform's storage, from which the anchor reduces. Which one a run uses is one of its settings.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from training_cluster.block import Block
from training_cluster.peers import PeerKey


class AnchorAway(Exception):
    """No anchor answers at the addresses that the platform gave."""


@dataclass(slots=True)
class Gathered:
    """What a round brought: {peer_id, lease_id, weight, update_sha256} of each, and their average, (P,) or None.

    `is_owed`: machines that had not answered were waited for until the time was over. `alike`: [lease, lease, cosine]
    of updates that are nearly the same. `seeds`: of the leases.
    """

    contributions: list[dict[str, Any]] = field(default_factory=list)
    update: Tensor | None = None
    is_owed: bool = False
    alike: list[list[Any]] = field(default_factory=list)
    seeds: dict[str, int] = field(default_factory=dict)


class AnchorExchange(ABC):
    """The anchor's side. `adapts`: it may wait longer than declared, because machines are not bound to the moment."""

    adapts = False

    @abstractmethod
    def peers(self) -> dict[str, Any]:
        """{peer id: {lease_id, device_id, max_steps, seed}} of the newest round, as the platform says."""

    @abstractmethod
    def gather(self, index: int, seconds: float) -> Gathered:
        """Collect and reduce what round `index` brought; called when training is over, waits about `seconds`."""

    @abstractmethod
    def close(self) -> None:
        """End processes and connections."""


class VolunteerExchange(ABC):
    """The volunteer's side. `waits`: the update is given at the round's end, together with the others.

    `identity` is the key behind the peer id under which this machine takes part.
    """

    identity: PeerKey
    waits = False

    @abstractmethod
    def send(self, block: Block, payload: bytes) -> bool:
        """Give the update; whether it will be in the round's average as far as this machine knows."""

    @abstractmethod
    def close(self) -> None:
        """End processes and connections; a second call changes nothing."""
