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
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from training_cluster.client import Api, ApiError, PlatformAway, bearer
from training_cluster.data import held_out_loss, tokens_of
from training_cluster.exchange import RoundAverager, Sent, start_dht
from training_cluster.model import build_model, complete, decode, encode, flatten, load_flat, parameters_of
from training_cluster.spec import RunSpec

logger = logging.getLogger("anchor")
# A merge may not raise the held-out loss by more than a tenth and a little; noise from one bad peer does far more.
MAX_RISE, MAX_RISE_SHARE = 0.05, 0.10
EXCHANGE_GRACE_SECONDS = 4.0
BINDINGS_SECONDS = 1.0
PLATFORM_PATIENCE_SECONDS = 3600.0
PAUSE_POLL_SECONDS = 2.0


class Admission:
    """Peers with a live lease of this round, asked of the platform at most once a second."""

    def __init__(self, api: Api, run_id: str) -> None:
        self._api, self._path = api, f"/api/v1/runs/{run_id}/bindings"
        self._peers: dict[str, Any] = {}
        self._asked = 0.0

    def __call__(self, peer_id: str) -> bool:
        if peer_id not in self.peers() and time.monotonic() - self._asked > BINDINGS_SECONDS / 2:
            self._asked = 0.0
        return peer_id in self.peers()

    def peers(self) -> dict[str, Any]:
        """Bindings by peer id; the last known when the platform is away."""
        if time.monotonic() - self._asked > BINDINGS_SECONDS:
            try:
                self._peers = self._api.get(self._path)["peers"]
                self._asked = time.monotonic()
            except (ApiError, PlatformAway) as error:
                logger.warning("bindings_unknown reason=%s", error)
        return self._peers


class Weights:
    """Canonical theta in float32 with the outer optimizer, and its checkpoint on this machine."""

    def __init__(self, spec: RunSpec, theta: Tensor, folder: Path) -> None:
        self.spec, self.path = spec, folder / "anchor.safetensors"
        self.theta = torch.nn.Parameter(theta.clone())
        self.momentum = torch.zeros_like(theta)

    def step(self, mean_update: Tensor) -> None:
        """Outer SGD with Nesterov momentum on the averaged pseudo-gradient (DiLoCo, arXiv 2311.08105)."""
        rate, beta = self.spec.hyper.outer_lr, self.spec.hyper.outer_momentum
        self.momentum.mul_(beta).add_(mean_update)
        self.theta.data.add_(mean_update + beta * self.momentum, alpha=-rate)

    def copy(self) -> tuple[Tensor, Tensor]:
        """What `restore` takes back."""
        return self.theta.detach().clone(), self.momentum.clone()

    def restore(self, state: tuple[Tensor, Tensor]) -> None:
        """Undo a step."""
        self.theta.data.copy_(state[0])
        self.momentum.copy_(state[1])

    def save(self, next_round: int, loss: float) -> None:
        """Everything needed to go on exactly here, replaced atomically."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        candidate = self.path.with_suffix(".new")
        numbers = torch.tensor([next_round, loss], dtype=torch.float64)
        save_file({"theta": self.theta.detach(), "momentum": self.momentum, "numbers": numbers}, str(candidate))
        candidate.replace(self.path)

    def load(self) -> tuple[int, float] | None:
        """Round to go on with and last loss, when a checkpoint is there."""
        if not self.path.exists():
            return None
        saved = load_file(str(self.path))
        self.theta.data.copy_(saved["theta"])
        self.momentum.copy_(saved["momentum"])
        return int(saved["numbers"][0]), float(saved["numbers"][1])


class Anchor:
    """One run from first to last round."""

    def __init__(self, api: Api, run_id: str, folder: Path, listen: str, announce: str | None) -> None:
        self.api, self.run_id, self.folder = api, run_id, folder
        self.spec = RunSpec.from_body(api.get(f"/api/v1/runs/{run_id}/spec"))
        self.model = build_model(self.spec)
        self.held_out = tokens_of(api.get_blob(self.spec.held_out.sha256))
        self.weights = Weights(self.spec, flatten(parameters_of(self.model)), folder)
        self.loss = self.measure()
        self.index = 0
        self.admission = Admission(api, run_id)
        self.listen, self.announce = listen, announce
        self.stopping = False

    def path(self, rest: str) -> str:
        """Address of this run at the platform."""
        return f"/api/v1/runs/{self.run_id}{rest}"

    def measure(self) -> float:
        """Held-out loss of the canonical weights."""
        load_flat(self.model, self.weights.theta.detach())
        return held_out_loss(self.model, self.held_out, self.spec.hyper.sequence)

    def connect(self) -> None:
        """Start the public peer and name it at the platform."""
        self.dht = start_dht(
            listen=self.listen, announce=self.announce, initial=[], identity=self.folder / "identity.key"
        )
        addresses = [str(address) for address in self.dht.get_visible_maddrs()]
        self.averager = RoundAverager(
            self.weights.theta.numel(), dht=self.dht, run_id=self.run_id, client_mode=False,
            max_weight=float(self.spec.hyper.max_steps), admit=self.admission, trusted=set(),
        )  # fmt: skip
        self.api.post(self.path("/anchor"), {"peer_id": str(self.dht.peer_id), "addresses": addresses})
        logger.info("anchor_ready run=%s addresses=%s", self.run_id, addresses)

    def resume(self) -> None:
        """Go on after the last round that the platform knows."""
        last = self.api.get(self.path(""))["round"]
        saved = self.weights.load()
        if last is None:
            return
        self.index = int(last["index"]) + 1
        if saved is None:
            self.weights.theta.data.copy_(decode(self.api.get_blob(last["theta_sha256"])))
        self.loss = self.measure()
        if not last["closed"]:
            self.close(int(last["index"]), [], is_rolled_back=False)
        logger.info("anchor_resumed round=%d loss=%.4f", self.index, self.loss)

    def run(self) -> None:
        """Rounds until told to stop."""
        while not self.stopping:
            if self.api.get(self.path(""))["state"] != "running":
                time.sleep(PAUSE_POLL_SECONDS)
                continue
            self.round()

    def round(self) -> None:
        """One round, see the module."""
        hyper = self.spec.hyper
        self.weights.save(self.index, self.loss)
        sha256 = self.api.put_blob(encode(self.weights.theta.detach()))
        body = {"index": self.index, "theta_sha256": sha256, "duration_seconds": hyper.round_seconds}
        self.api.post(self.path("/rounds"), body)
        self.wait(hyper.round_seconds - hyper.exchange_seconds)
        bound = self.admission.peers()
        sent = self.merge(bound) if bound and not self.stopping else []
        self.close(self.index, *self.accept(sent, bound))
        self.index += 1

    def wait(self, seconds: float) -> None:
        """Sleep in short steps so that a stop is quick."""
        until = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < until:
            time.sleep(0.1)

    def merge(self, bound: dict[str, Any]) -> list[Sent]:
        """Average with the round's volunteers; what each of them sent."""
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
            self.loss = loss_before
            load_flat(self.model, before[0])
        rows = [
            {
                "peer_id": item.peer_id,
                "lease_id": bound[item.peer_id]["lease_id"],
                "weight": item.weight,
                "update_sha256": item.update_sha256,
            }
            for item in sent
        ]
        return rows, is_rolled_back

    def close(self, index: int, contributions: list[dict[str, Any]], is_rolled_back: bool) -> None:
        """Tell the platform how the round ended."""
        text = complete(self.model, self.spec.prompt)
        body = {
            "held_out_loss": self.loss,
            "contributions": contributions,
            "sample": {"prompt": self.spec.prompt, "text": text},
            "rolled_back": is_rolled_back,
        }
        self.api.post(self.path(f"/rounds/{index}/close"), body)
        logger.info("round_closed round=%d merged=%d loss=%.4f", index, len(contributions), self.loss)

    def shut_down(self) -> None:
        """End the peer's processes."""
        self.averager.shutdown()
        self.dht.shutdown()


def main() -> int:
    """Run an anchor. The token comes by the environment, where `ps` does not show it."""
    parser = argparse.ArgumentParser(prog="commonweave-anchor", description=__doc__)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--listen", default="/ip4/127.0.0.1/tcp/0")
    parser.add_argument("--announce")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stdout)
    torch.set_num_threads(1)
    api = Api(arguments.platform, bearer(os.environ["COMMONWEAVE_RUN_TOKEN"]), PLATFORM_PATIENCE_SECONDS)
    anchor = Anchor(api, arguments.run, arguments.state, arguments.listen, arguments.announce)

    def stop(_number: int, _frame: FrameType | None) -> None:
        anchor.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    anchor.resume()
    anchor.connect()
    try:
        anchor.run()
    finally:
        anchor.shut_down()
    return 0


if __name__ == "__main__":
    sys.exit(main())
