"""The anchor of one run: owns the canonical weights, clocks the rounds, merges what arrives, measures and publishes.

A round: publish theta_k, register it, wait while volunteers train, average, take the outer Nesterov step, measure the
held-out loss, close the round with what was merged. The platform is asked before every step that matters; while it is
away the anchor waits and the round is held. A merge that makes the held-out loss jump is taken back.
"""

from __future__ import annotations

import logging
import math
import sys
import time
from pathlib import Path
from typing import Any

from training_cluster.client import Api, ApiError
from training_cluster.data import held_out_loss, open_learner
from training_cluster.exchanges import AnchorExchange, Gathered
from training_cluster.gate import Gate
from training_cluster.model import decode, encode, flatten, load_flat, parameters_of
from training_cluster.pace import Pace
from training_cluster.screens import LOOKING_SHARE, FirstLosses
from training_cluster.spec import RunSpec
from training_cluster.weights import Checkpoint, Weights

logger = logging.getLogger("anchor")
# JSON knows no infinity: a loss that is not finite is told as the largest number.
LARGEST = sys.float_info.max
# How often weights and momentum in full precision go to the platform, for an anchor that loses its folder.
STATE_EVERY = 10
PAUSE_POLL_SECONDS = 2.0


class Anchor:
    """One run from first to last round."""

    exchange: AnchorExchange

    def __init__(self, api: Api, run_id: str, folder: Path) -> None:
        self.api, self.run_id, self.folder = api, run_id, folder
        self.spec = RunSpec.from_body(api.get(self.path("/spec")))
        self.model = open_learner(api, self.spec)
        self.held_out = self.model.samples(api.get_blob(self.spec.held_out.sha256))
        self.weights = Weights(self.spec.hyper, flatten(parameters_of(self.model)), folder / "anchor.safetensors")
        self.loss = self.measure()
        self.index, self.waited = 0, -1
        self.pace, self.gate = Pace(self.spec.hyper), Gate([self.loss])
        self.first_losses = FirstLosses(api, self.spec, self.model)
        self.ended: float | None = None
        self.rejected_loss: float | None = None

    def path(self, rest: str) -> str:
        """Address of this run at the platform."""
        return f"/api/v1/runs/{self.run_id}{rest}"

    def measure(self) -> float:
        """Held-out loss of the canonical weights, which the model holds afterwards."""
        load_flat(self.model, self.weights.theta)
        return held_out_loss(self.model, self.held_out, self.spec.hyper.sequence)

    def start_weights(self) -> None:
        """A fork begins with the published weights of the run that it comes from."""
        if self.spec.start:
            self.weights.theta.copy_(decode(self.api.get_blob(self.spec.start)))
            self.loss = self.measure()
            self.gate = Gate([self.loss])

    def resume(self) -> None:
        """Go on after the last round that the platform knows; what was merged but not told yet is told first."""
        known = self.api.get(self.path(""))
        last = known["round"]
        if last is None:
            self.start_weights()
            # What is published is rounded: only this file knows round 0 exactly.
            self.weights.save(Checkpoint(0, self.loss))
            return
        index = int(last["index"])
        saved = self.weights.load()
        if saved is None or saved.next_round not in (index, index + 1):
            saved = self.from_platform(index, last, known.get("checkpoint"))
        self.pace = Pace(self.spec.hyper, saved.communication)
        self.loss = self.measure()
        self.gate = Gate(saved.losses or [self.loss])
        self.index = index + 1
        if not last["closed"]:
            self.end_open_round(index, saved)
        logger.info("anchor_resumed round=%d loss=%.4f", self.index, self.loss)

    def from_platform(self, index: int, last: dict[str, Any], state: dict[str, Any] | None) -> Checkpoint:
        """Without a checkpoint here: the platform's, when it is of the last round, else its published weights."""
        if state and int(state["next_round"]) in (index, index + 1):
            return self.weights.load_state(self.api.get_blob(state["sha256"]))
        self.weights.theta.copy_(decode(self.api.get_blob(last["theta_sha256"])))
        self.weights.momentum.zero_()
        return Checkpoint(index, 0.0)

    def end_open_round(self, index: int, saved: Checkpoint) -> None:
        """Tell what was merged before a crash; gather again where that is possible, else close the round empty."""
        if saved.next_round == index + 1 and saved.unsent:
            self.send_close(index, saved.unsent)
        elif self.spec.hyper.exchange == "upload" and saved.next_round == index:
            self.index = index
        else:
            self.send_close(index, self.closing([], is_rolled_back=False))

    def run(self) -> None:
        """Rounds until told to stop, or until the specification is another: a pause may begin and end in one round."""
        stopping = self.api.stopping
        while not stopping.is_set():
            known = self.api.get(self.path(""))
            if known["state"] != "running":
                # A pause is no communication.
                self.ended = None
                stopping.wait(PAUSE_POLL_SECONDS)
            elif known["spec_sha256"] != self.spec.sha256:
                logger.info("settings_changed round=%d", self.index)
                return
            else:
                self.heed(known)
                self.round()

    def heed(self, known: dict[str, Any]) -> None:
        """What the platform sees of the last rounds: when updates arrived, and how long machines fetched weights."""
        if self.exchange.adapts:
            self.pace.window.note(known.get("arrival_seconds"))
        self.pace.fetch_seconds = known.get("fetch_seconds") or 0.0

    def round(self) -> None:
        """One round, see the module."""
        try:
            body = self.register()
        except ApiError as error:
            if error.code != "run_paused":
                raise
            return
        is_fresh = body["fresh"]
        # An answer that was lost is asked for again, and then the round may be leased already.
        must_wait, self.waited = is_fresh or self.waited != self.index, self.index
        remaining = body.get("seconds_remaining", self.pace.last_work)
        if must_wait and self.api.stopping.wait(max(0.0, remaining)):
            return
        if is_fresh and not self.exchange.peers():
            # Registered again, the round begins anew, unless somebody leased it and gave up: then it is closed.
            return
        self.finish_round()

    def register(self) -> dict[str, Any]:
        """Publish theta and open the round, or find it open; what the last one's communication took is told."""
        sha256 = self.api.put_blob(encode(self.weights.theta))
        if self.ended is not None:
            self.pace.note(time.monotonic() - self.ended)
            self.ended = None
        body = {
            "index": self.index, "theta_sha256": sha256, "duration_seconds": self.pace.duration(),
            "exchange_seconds": self.pace.window.seconds, "communication_seconds": self.pace.communication,
            "spec_sha256": self.spec.sha256,
        }  # fmt: skip
        answer: dict[str, Any] = self.api.post(self.path("/rounds"), body)
        return answer

    def finish_round(self) -> None:
        """Merge what arrived, remember it, tell the platform."""
        ended = time.monotonic()
        gathered = self.exchange.gather(self.index, self.pace.window.seconds)
        screens = self.screen(gathered)
        is_rolled_back = self.accept(gathered)
        closing = {**self.closing(gathered.contributions, is_rolled_back=is_rolled_back), **screens}
        checkpoint = Checkpoint(self.index + 1, self.loss, closing, list(self.pace.measured), list(self.gate.losses))
        # First here: what follows may fail, and nothing that was merged is then lost.
        self.weights.save(checkpoint)
        if (self.index + 1) % STATE_EVERY == 0:
            closing["state_sha256"] = self.keep_state(checkpoint)
        self.send_close(self.index, closing)
        # A round without volunteers waited for nobody: it says nothing about communication.
        self.ended = ended if gathered.contributions or gathered.is_owed else None
        self.index += 1

    def keep_state(self, checkpoint: Checkpoint) -> str:
        """Everything in full precision at the platform; empty when it refuses: then this folder alone has it."""
        try:
            return self.api.put_blob(self.weights.state(checkpoint))
        except ApiError as error:
            logger.warning("state_refused round=%d reason=%s", self.index, error)
            return ""

    def screen(self, gathered: Gathered) -> dict[str, Any]:
        """{alike, first_losses} of what arrived; `accept` loads the model with its weights again."""
        if gathered.update is None:
            return {}
        seconds = LOOKING_SHARE * self.pace.last_work
        # Machines trained from what was published, which is rounded.
        losses = self.first_losses.look(self.weights.theta.half().float(), gathered.seeds, seconds)
        return {"alike": gathered.alike, "first_losses": losses}

    def accept(self, gathered: Gathered) -> bool:
        """Take the outer step and keep it unless the held-out loss jumps; whether it was undone."""
        self.rejected_loss = None
        if gathered.update is None:
            return False
        before = self.weights.copy()
        self.weights.step(gathered.update)
        self.loss = self.measure()
        is_rolled_back = not self.gate.lets_pass(self.loss)
        if is_rolled_back:
            logger.warning("round_rolled_back round=%d loss=%.4f limit=%.4f", self.index, self.loss, self.gate.limit)
            self.rejected_loss = self.loss if math.isfinite(self.loss) else LARGEST
            self.weights.restore(before)
            self.loss = self.measure()
        self.gate.note(self.loss)
        return is_rolled_back

    def closing(self, contributions: list[dict[str, Any]], *, is_rolled_back: bool) -> dict[str, Any]:
        """What the platform is told of a round."""
        prompt = self.spec.prompt
        shown = self.model.show(prompt)
        sample = {"prompt": prompt, "text": shown.text}
        if shown.image:
            sample["image_sha256"] = self.api.put_blob(shown.image)
        return {
            "held_out_loss": self.loss,
            "contributions": contributions,
            "sample": sample,
            "rolled_back": is_rolled_back,
            "rejected_loss": self.rejected_loss,
        }

    def send_close(self, index: int, closing: dict[str, Any]) -> None:
        """Tell the platform how the round ended."""
        self.api.post(self.path(f"/rounds/{index}/close"), closing)
        merged, loss = len(closing["contributions"]), closing["held_out_loss"]
        logger.info("round_closed round=%d merged=%d loss=%.4f", index, merged, loss)
