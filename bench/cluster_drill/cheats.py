"""Volunteers who lie. Each does two honest blocks, so that it is calibrated and known, and then what its name says.

Everything else is the real agent's: key, leases, exchange, signed receipts. What is cheated is written down by lease,
so that the verdict can ask what was credited for it.
"""

from __future__ import annotations

import random
from typing import Any

import torch
from torch import Tensor

from bench.cluster_drill.witness import Witnessed
from training_cluster.block import Block, encode_update, train_block
from training_cluster.session import Session
from training_cluster.volunteer.clocks import steady_now

HONEST_BLOCKS = 2
CHEATED_BLOCKS = 2


class Cheat(Witnessed):
    """Honest first. `cheat` makes the block that is claimed."""

    begun = 0
    is_done_by_training = True
    # What its account calls the deed, see `cheating.cheated_of`.
    deed = "cheated"

    def train(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        """The real work, or what passes for it."""
        if self.handed_in < HONEST_BLOCKS:
            return super().train(session, lease, theta, deadline)
        if self.is_done_by_training:
            self.did(lease["lease_id"])
        return self.cheat(session, lease, theta, deadline)

    def did(self, lease_id: str) -> None:
        """The deed is done; after some of them it is enough."""
        self.begun += 1
        self.note(**{self.deed: lease_id})
        if self.begun >= CHEATED_BLOCKS:
            self.stopping.set()

    def cheat(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        """What is claimed to be a block."""
        raise NotImplementedError

    def work_for(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float, steps: int) -> Block:
        """Honest work of so many steps, or until the deadline."""
        tokens = session.shards.of(lease["seed"])

        def go_on(done: int) -> bool:
            return done < steps and steady_now() < deadline

        return train_block(session.model, theta, tokens, session.spec.hyper, seed=lease["seed"], go_on=go_on)


def claim(block: Block, steps: int, segment: int) -> Block:
    """The block as if it had so many steps: losses that were never computed are guessed from the last ones."""
    losses, commitments = list(block.losses), list(block.commitments)
    level = sum(losses[-5:]) / len(losses[-5:])
    while len(losses) < steps:
        losses.append(round(level + random.gauss(0, 0.02), 6))  # reason: a guess
    while len(commitments) < steps // segment:
        commitments.append(f"{random.getrandbits(256):064x}")  # reason: a guess
    return Block(block.update, losses, commitments)


class NoWork(Cheat):
    """Nothing is computed; the losses are invented, the update is a whisper."""

    def cheat(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        update = torch.full_like(theta, 1e-4 * self.begun)
        return claim(Block(update, [3.0], []), lease["max_steps"], lease["segment_steps"])


class Replayed(Cheat):
    """The last honest block again and again."""

    kept: Block | None = None

    def train(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        """Keep what was honest."""
        block = super().train(session, lease, theta, deadline)
        self.kept = self.kept or block
        return block

    def cheat(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        assert self.kept is not None
        return self.kept


class Shaved(Cheat):
    """The last steps are left out and claimed."""

    share = 0.0

    def cheat(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        left_out = max(1, round(lease["max_steps"] * self.share))
        block = self.work_for(session, lease, theta, deadline, lease["max_steps"] - left_out)
        return claim(block, block.steps + left_out, lease["segment_steps"])


class Half(Shaved):
    share = 0.5


class Shaved5(Shaved):
    share = 0.05


class Shaved3(Shaved):
    share = 0.03


class Shaved1(Shaved):
    share = 0.01


class Stale(Cheat):
    """Works, but on the weights of a round that is over: no need to fetch the new ones."""

    old: Tensor | None = None

    def train(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        """Keep the first weights."""
        self.old = theta if self.old is None else self.old
        return super().train(session, lease, theta, deadline)

    def cheat(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        assert self.old is not None
        return self.work_for(session, lease, self.old, deadline, lease["max_steps"])


class Noise(Cheat):
    """Random numbers of a plausible size with plausible losses."""

    def cheat(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        return claim(Block(torch.randn_like(theta) * 0.003, [3.0], []), lease["max_steps"], lease["segment_steps"])


class Inflated(Cheat):
    """Half of the work, honestly received for, but with twice its weight in the average.

    Only a weight that the anchor took is a lie: where the exchange failed, or the anchor died before it had saved the
    round, the block is half a block of honest work. The machine cannot know the latter, the platform does.
    """

    is_done_by_training = False
    deed = "outweighed"
    working_on = ""

    def cheat(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        self.working_on = lease["lease_id"]
        return self.work_for(session, lease, theta, deadline, lease["max_steps"] // 2)

    def meet(self, session: Session, block: Block, payload: bytes, deadline: float) -> bool:
        if not self.working_on:
            return super().meet(session, block, payload, deadline)
        heavy = Block(block.update, [*block.losses, *block.losses], block.commitments)
        is_merged = super().meet(session, heavy, encode_update(block.update), deadline)
        if is_merged:
            self.did(self.working_on)
        return is_merged


CHEATS: dict[str, type[Cheat]] = {
    "no_work": NoWork,
    "replayed": Replayed,
    "half_the_steps": Half,
    "stale_weights": Stale,
    "noise": Noise,
    "inflated_weight": Inflated,
    "shaved_5": Shaved5,
    "shaved_3": Shaved3,
    "shaved_1": Shaved1,
}
