"""An agent that lies, for trials and stories: everything is the real agent's but the work.

    python -m tests.training_cluster.cheating_worker noise --state FOLDER run

`noise`: random updates with plausible losses. `stale`: the first block's update again and again. `junk`: honest work is
uploaded, noise goes into the average.
"""

import random
import sys

import torch

from training_cluster.agent import Agent
from training_cluster.block import Block
from training_cluster.worker import main


class NoisyAgent(Agent):
    """Does nothing, claims much."""

    def train(self, session, lease, theta, deadline):
        steps = min(40, lease["max_steps"])
        update = torch.randn(theta.shape) * 0.01
        losses = [round(5.0 - 2.5 * step / steps + random.uniform(-0.1, 0.1), 6) for step in range(steps)]
        commitments = [f"{random.getrandbits(256):064x}" for _ in range(steps // lease["segment_steps"])]
        return Block(update, losses, commitments)


class StaleAgent(Agent):
    """Works once and hands that in for ever."""

    kept = None

    def train(self, session, lease, theta, deadline):
        if self.kept is None:
            self.kept = super().train(session, lease, theta, deadline)
        return self.kept


class JunkAgent(Agent):
    """Uploads what an audit finds right, and poisons the average."""

    def meet(self, session, block, payload, deadline):
        junk = Block(torch.randn(block.update.shape) * 0.01, block.losses, block.commitments)
        return super().meet(session, junk, payload, deadline)


KINDS = {"noise": NoisyAgent, "stale": StaleAgent, "junk": JunkAgent}

if __name__ == "__main__":
    sys.exit(main(sys.argv[2:], lambda: KINDS[sys.argv[1]]))
