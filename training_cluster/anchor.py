"""The anchor of one run: owns the canonical weights, clocks the rounds, merges what arrives, measures and publishes.

A round: publish theta_k, register it, wait while volunteers train, average, take the outer Nesterov step, measure the
held-out loss, close the round with what was merged. The platform is asked before every step that matters; while it is
away the anchor waits and the round is held. A merge that makes the held-out loss jump is taken back.
"""

from __future__ import annotations

import argparse
import logging
import math
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import torch

from training_cluster.client import Api, ApiError, Headers, PlatformAway, bearer
from training_cluster.data import held_out_loss, open_learner
from training_cluster.exchange_upload import UploadAnchor
from training_cluster.exchanges import AnchorExchange, Gathered
from training_cluster.gate import Gate
from training_cluster.lifetime import bind_children, stop_on_signals
from training_cluster.model import decode, encode, flatten, load_flat, named_shapes, parameters_of
from training_cluster.pace import Pace
from training_cluster.spec import RunSpec
from training_cluster.weights import Checkpoint, Weights

logger = logging.getLogger("anchor")
# JSON knows no infinity: a loss that is not finite is told as the largest number.
LARGEST = sys.float_info.max
# How often weights and momentum in full precision go to the platform, for an anchor that loses its folder.
STATE_EVERY = 10
PLATFORM_PATIENCE_SECONDS = 3600.0
# Peers are turned away quickly while the platform cannot say who they are; the exchange is short.
ADMISSION_PATIENCE_SECONDS = 2.0
PAUSE_POLL_SECONDS = 2.0
STOP_SECONDS = 6.0


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
        is_rolled_back = self.accept(gathered)
        closing = self.closing(gathered.contributions, is_rolled_back=is_rolled_back)
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


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="commonweave-anchor", description=__doc__)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--listen", default="/ip4/127.0.0.1/tcp/0", help="multiaddress to listen on")
    parser.add_argument("--reducers", type=int, default=1, help="programs that share the reduction of uploads")
    parser.add_argument("--announce", help="multiaddress under which volunteers reach it")
    return parser.parse_args()


def open_exchange(anchor: Anchor, arguments: argparse.Namespace, asking: Api) -> AnchorExchange:
    """The exchange that the run declares."""
    size = anchor.weights.theta.numel()
    if anchor.spec.hyper.exchange == "upload":
        return UploadAnchor(anchor.api, anchor.spec, size, anchor.folder, arguments.reducers)
    # Only here: hivemind brings a daemon and seconds of loading that the other form does not need.
    from training_cluster.exchange_hivemind import HivemindAnchor

    return HivemindAnchor(
        anchor.api, asking, anchor.spec, size, anchor.folder, listen=arguments.listen, announce=arguments.announce
    )


def serve(arguments: argparse.Namespace, authorize: Headers, stopping: threading.Event) -> None:
    """Resume, connect, run rounds; anew when the settings changed. Raises PlatformAway, ApiError, SpecError."""
    while not stopping.is_set():
        api = Api(arguments.platform, authorize, PLATFORM_PATIENCE_SECONDS, stopping)
        anchor = Anchor(api, arguments.run, arguments.state)
        anchor.resume()
        asking = Api(arguments.platform, authorize, ADMISSION_PATIENCE_SECONDS, stopping)
        api.post(anchor.path("/tensors"), {"tensors": named_shapes(anchor.model)})
        anchor.exchange = open_exchange(anchor, arguments, asking)
        try:
            anchor.run()
        finally:
            anchor.exchange.close()


def tell_trouble(api: Api, run_id: str, error: Exception) -> None:
    """The creator and the admins see why the run does not go on, until a round opens again."""
    try:
        api.post(f"/api/v1/runs/{run_id}/trouble", {"message": str(error)[:500] or type(error).__name__})
    except (ApiError, PlatformAway) as untold:
        logger.warning("trouble_not_told reason=%s", untold)


def main() -> int:
    """Run an anchor. The token comes by the environment, where `ps` does not show it."""
    arguments = parse()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stdout)
    torch.set_num_threads(1)
    bind_children()
    stopping = threading.Event()
    stop_on_signals(stopping, STOP_SECONDS)
    authorize = bearer(os.environ["COMMONWEAVE_RUN_TOKEN"])
    try:
        serve(arguments, authorize, stopping)
    except PlatformAway as error:
        logger.warning("anchor_ended reason=%s", error)
        return 0 if stopping.is_set() else 1
    except Exception as error:  # told, then raised: the manager starts the anchor again after a growing pause
        tell_trouble(Api(arguments.platform, authorize, ADMISSION_PATIENCE_SECONDS, stopping), arguments.run, error)
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
