"""The real agent with a witness: each block that was trained is written down at once, with its steps.

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

DONE = "done.jsonl"


class Witnessed(Agent):
    """Does what the real one does, and keeps an account."""

    def note(self, **facts: Any) -> None:
        """One line of the account."""
        with (self.folder.path / DONE).open("a") as file:
            file.write(json.dumps(facts) + "\n")

    def train(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        """Work, then write down what was done."""
        block = super().train(session, lease, theta, deadline)
        self.note(lease=lease["lease_id"], round=lease["round"], steps=block.steps)
        return block
