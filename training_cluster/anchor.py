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
from pathlib import Path
from typing import Any

import torch

from training_cluster.admission import Admission
from training_cluster.client import Api, Headers, PlatformAway, bearer
from training_cluster.data import held_out_loss, open_learner
from training_cluster.exchange import RoundAverager, Sent, start_dht
from training_cluster.lifetime import bind_children, stop_on_signals
from training_cluster.model import decode, encode, flatten, load_flat, named_shapes, parameters_of
from training_cluster.spec import RunSpec
from training_cluster.weights import Checkpoint, Weights

logger = logging.getLogger("anchor")
# A merge may not raise the held-out loss by more than a tenth and a little; noise from one bad peer does far more.
MAX_RISE, MAX_RISE_SHARE = 0.05, 0.10
EXCHANGE_GRACE_SECONDS = 4.0
PLATFORM_PATIENCE_SECONDS = 3600.0
# Peers are turned away quickly while the platform cannot say who they are; the exchange is short.
ADMISSION_PATIENCE_SECONDS = 2.0
PAUSE_POLL_SECONDS = 2.0
STOP_SECONDS = 6.0


class Anchor:
    """One run from first to last round."""

    def __init__(self, api: Api, run_id: str, folder: Path, listen: str, announce: str | None = None) -> None:
        self.api, self.run_id, self.folder = api, run_id, folder
        self.listen, self.announce = listen, announce
        self.spec = RunSpec.from_body(api.get(self.path("/spec")))
        self.model = open_learner(api, self.spec)
        self.held_out = self.model.samples(api.get_blob(self.spec.held_out.sha256))
        self.weights = Weights(self.spec.hyper, flatten(parameters_of(self.model)), folder / "anchor.safetensors")
        self.loss = self.measure()
        self.index, self.waited = 0, -1

    def path(self, rest: str) -> str:
        """Address of this run at the platform."""
        return f"/api/v1/runs/{self.run_id}{rest}"

    def measure(self) -> float:
        """Held-out loss of the canonical weights, which the model holds afterwards."""
        load_flat(self.model, self.weights.theta)
        return held_out_loss(self.model, self.held_out, self.spec.hyper.sequence)

    def connect(self, admission: Admission) -> None:
        """Start the public peer and name it at the platform."""
        self.admission = admission
        self.dht = start_dht(
            listen=self.listen, announce=self.announce, initial=[], identity=self.folder / "identity.key"
        )
        addresses = [str(address) for address in self.dht.get_visible_maddrs()]
        self.averager = RoundAverager(
            self.weights.theta.numel(), dht=self.dht, run_id=self.run_id, client_mode=False,
            max_weight=float(self.spec.hyper.max_steps), admit=admission, trusted=set(),
        )  # fmt: skip
        self.api.post(self.path("/tensors"), {"tensors": named_shapes(self.model)})
        self.api.post(self.path("/anchor"), {"peer_id": str(self.dht.peer_id), "addresses": addresses})
        logger.info("anchor_ready run=%s addresses=%s", self.run_id, addresses)

    def resume(self) -> None:
        """Go on after the last round that the platform knows; what was merged but not told yet is told first."""
        last = self.api.get(self.path(""))["round"]
        if last is None:
            return
        index = int(last["index"])
        saved = self.weights.load()
        self.index = index + 1
        if saved is None or saved.next_round not in (index, index + 1):
            self.weights.theta.copy_(decode(self.api.get_blob(last["theta_sha256"])))
            self.weights.momentum.zero_()
            saved = Checkpoint(index, 0.0)
        self.loss = self.measure()
        if not last["closed"]:
            was_merged = saved.next_round == index + 1 and saved.unsent
            self.send_close(index, saved.unsent if was_merged else self.closing([], is_rolled_back=False))
        logger.info("anchor_resumed round=%d loss=%.4f", self.index, self.loss)

    def run(self) -> None:
        """Rounds until told to stop."""
        stopping = self.api.stopping
        while not stopping.is_set():
            if self.api.get(self.path(""))["state"] == "running":
                self.round()
            else:
                stopping.wait(PAUSE_POLL_SECONDS)

    def round(self) -> None:
        """One round, see the module."""
        hyper = self.spec.hyper
        sha256 = self.api.put_blob(encode(self.weights.theta))
        body = {"index": self.index, "theta_sha256": sha256, "duration_seconds": hyper.round_seconds}
        is_fresh = self.api.post(self.path("/rounds"), body)["fresh"]
        # An answer that was lost is asked for again, and then the round may be leased already.
        must_wait, self.waited = is_fresh or self.waited != self.index, self.index
        if must_wait and self.api.stopping.wait(hyper.round_seconds - hyper.exchange_seconds):
            return
        bound = self.admission.peers()
        if is_fresh and not bound:
            # Registered again, the round begins anew, unless somebody leased it and gave up: then it is closed.
            return
        self.finish_round(bound)

    def finish_round(self, bound: dict[str, Any]) -> None:
        """Merge what the bound peers send, remember it, tell the platform."""
        contributions, is_rolled_back = self.accept(self.merge(bound), bound)
        closing = self.closing(contributions, is_rolled_back=is_rolled_back)
        self.weights.save(Checkpoint(self.index + 1, self.loss, closing))
        self.send_close(self.index, closing)
        self.index += 1

    def merge(self, bound: dict[str, Any]) -> list[Sent]:
        """Average with the round's volunteers; what each of them sent."""
        if not bound:
            return []
        self.averager.put(torch.zeros_like(self.weights.theta))
        done = self.averager.exchange(0.0, self.spec.hyper.exchange_seconds + EXCHANGE_GRACE_SECONDS)
        return [sent for sent in self.averager.reports() if sent.peer_id in bound] if done else []

    def accept(self, sent: list[Sent], bound: dict[str, Any]) -> tuple[list[dict[str, Any]], bool]:
        """Take the outer step and keep it unless the held-out loss jumps: contributions, and whether it was undone."""
        if not sent:
            return [], False
        before, loss_before = self.weights.copy(), self.loss
        self.weights.step(self.averager.take())
        self.loss = self.measure()
        limit = loss_before * (1 + MAX_RISE_SHARE) + MAX_RISE
        is_rolled_back = not math.isfinite(self.loss) or self.loss > limit
        if is_rolled_back:
            logger.warning("round_rolled_back round=%d loss=%.4f limit=%.4f", self.index, self.loss, limit)
            self.weights.restore(before)
            self.loss = self.measure()
        return [contribution(item, bound[item.peer_id]["lease_id"]) for item in sent], is_rolled_back

    def closing(self, contributions: list[dict[str, Any]], *, is_rolled_back: bool) -> dict[str, Any]:
        """What the platform is told of a round."""
        prompt = self.spec.prompt
        return {
            "held_out_loss": self.loss,
            "contributions": contributions,
            "sample": {"prompt": prompt, "text": self.model.show(prompt).text},
            "rolled_back": is_rolled_back,
        }

    def send_close(self, index: int, closing: dict[str, Any]) -> None:
        """Tell the platform how the round ended."""
        self.api.post(self.path(f"/rounds/{index}/close"), closing)
        merged, loss = len(closing["contributions"]), closing["held_out_loss"]
        logger.info("round_closed round=%d merged=%d loss=%.4f", index, merged, loss)

    def shut_down(self) -> None:
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


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="commonweave-anchor", description=__doc__)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--listen", default="/ip4/127.0.0.1/tcp/0", help="multiaddress to listen on")
    parser.add_argument("--announce", help="multiaddress under which volunteers reach it")
    return parser.parse_args()


def serve(arguments: argparse.Namespace, authorize: Headers, stopping: threading.Event) -> None:
    """Resume, connect, run rounds. Raises PlatformAway, ApiError, SpecError."""
    api = Api(arguments.platform, authorize, PLATFORM_PATIENCE_SECONDS, stopping)
    anchor = Anchor(api, arguments.run, arguments.state, arguments.listen, arguments.announce)
    anchor.resume()
    asking = Api(arguments.platform, authorize, ADMISSION_PATIENCE_SECONDS, stopping)
    anchor.connect(Admission(asking, arguments.run))
    try:
        anchor.run()
    finally:
        anchor.shut_down()


def main() -> int:
    """Run an anchor. The token comes by the environment, where `ps` does not show it."""
    arguments = parse()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stdout)
    torch.set_num_threads(1)
    bind_children()
    stopping = threading.Event()
    stop_on_signals(stopping, STOP_SECONDS)
    try:
        serve(arguments, bearer(os.environ["COMMONWEAVE_RUN_TOKEN"]), stopping)
    except PlatformAway as error:
        logger.warning("anchor_ended reason=%s", error)
        return 0 if stopping.is_set() else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
