"""The real agent with a witness: each block that was trained is written down at once, with its steps, and later with
the seconds that this machine's own clock saw from asking for the lease to the answer to the receipt.

The file is the machine's own account of its work. It knows nothing of what the platform made of it, and has a block
also when its receipt was refused or never arrived. What kill -9 cuts off in the middle of a block was never finished.
"""

from __future__ import annotations

import json
from typing import Any

from torch import Tensor

from training_cluster.agent import Agent
from training_cluster.block import Block
from training_cluster.session import Session
from training_cluster.volunteer.clocks import steady_now

DONE = "done.jsonl"


class Witnessed(Agent):
    """Does what the real one does, and keeps an account."""

    def note(self, **facts: Any) -> None:
        """One line of the account."""
        with (self.folder.path / DONE).open("a") as file:
            file.write(json.dumps(facts) + "\n")

    asked = 0.0

    def lease(self, session: Session, kind: str) -> tuple[dict[str, Any], float]:
        """Look at the clock before asking."""
        self.asked = steady_now()
        return super().lease(session, kind)

    def hand_in(self, lease: dict[str, Any], block: Block, payload: bytes, *, is_merged: bool) -> None:
        """And after the answer."""
        super().hand_in(lease, block, payload, is_merged=is_merged)
        self.note(handed_in=lease["lease_id"], elapsed=steady_now() - self.asked)

    def train(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        """Work, then write down what was done."""
        block = super().train(session, lease, theta, deadline)
        self.note(lease=lease["lease_id"], round=lease["round"], steps=block.steps, parameters=theta.numel())
        return block
