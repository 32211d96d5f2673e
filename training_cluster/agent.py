"""The volunteer's side of a run: join it, take leases, train, average with the anchor, hand in signed receipts.

Nothing listens here: every connection goes out, to the platform over HTTP and to the run's anchor.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

from training_cluster.block import Block, encode_update, train_block
from training_cluster.client import Api, ApiError, device_signature
from training_cluster.data import Shards, open_learner
from training_cluster.exchange import AnchorAway, RoundAverager, nobody, start_dht
from training_cluster.folder import Folder
from training_cluster.hardware import hardware
from training_cluster.keys import b64
from training_cluster.model import decode, flatten, parameters_of, sha256
from training_cluster.protocol import canonical_json, peer_message
from training_cluster.spec import RunSpec, SpecError

logger = logging.getLogger(__name__)
IDLE_SECONDS = 5.0
PLATFORM_PATIENCE_SECONDS = 600.0
EXCHANGE_GRACE_SECONDS = 4.0
ASK_AGAIN_LATER = (409, 429)


class Session:
    """One run joined: its model, data and connection to the anchor."""

    def __init__(self, api: Api, folder: Folder, run: dict[str, Any]) -> None:
        self.key = session_key(run)
        self.spec = RunSpec.from_body(api.get(f"/api/v1/runs/{run['run_id']}/spec"))
        self.model = open_learner(api, self.spec)
        self.shards = Shards(api, self.spec, self.model)
        self.connect(folder, run)

    def connect(self, folder: Folder, run: dict[str, Any]) -> None:
        """Join the anchor's peers. Raises AnchorAway."""
        self.dht = start_dht(
            listen=None, announce=None, initial=run["anchor_addresses"], identity=folder.path / "peer.key"
        )
        self.averager = RoundAverager(
            flatten(parameters_of(self.model)).numel(), dht=self.dht, run_id=run["run_id"], client_mode=True,
            max_weight=float(self.spec.hyper.max_steps), admit=nobody, trusted=set(run["anchor_peer_ids"]),
        )  # fmt: skip
        self.peer_id = str(self.dht.peer_id)
        self.is_connected = True

    def close(self) -> None:
        """End the connection's processes; a second call changes nothing."""
        if not self.is_connected:
            return
        self.is_connected = False
        self.averager.shutdown()
        self.dht.shutdown()


def session_key(run: dict[str, Any]) -> tuple[str, ...]:
    """A session is joined anew when one of these changes."""
    return (run["run_id"], *run["anchor_addresses"], *run["anchor_peer_ids"])


class Agent:
    """Lease after lease until told to stop, or until `blocks` are handed in."""

    def __init__(self, folder: Folder, stopping: threading.Event) -> None:
        pairing = folder.pairing()
        self.folder, self.stopping, self.device_id = folder, stopping, pairing["device_id"]
        authorize = device_signature(folder.key, self.device_id)
        self.api = Api(pairing["platform"], authorize, PLATFORM_PATIENCE_SECONDS, stopping)
        self.session: Session | None = None
        self.uploads = ThreadPoolExecutor(1)
        self.handed_in, self.said = 0, ""

    def say(self, text: str) -> None:
        """A line on the terminal, once for each change."""
        if text != self.said:
            print(text, flush=True)
            self.said = text

    def run(self, kind: str = "training", blocks: int | None = None) -> None:
        """Work. Raises ApiError when this machine is shut out, PlatformAway when the platform stays away."""
        try:
            self.give_back_old_lease()
            while not self.stopping.is_set() and self.handed_in != blocks:
                self.turn(kind)
        finally:
            self.leave()
            self.uploads.shutdown()

    def give_back_old_lease(self) -> None:
        """After a crash the old lease would block the next one until it expires."""
        if lease_id := self.folder.open_lease():
            self.api.post(f"/api/v1/leases/{lease_id}/abandon")
            self.folder.forget_lease()

    def turn(self, kind: str) -> None:
        """Ask what to do, and do one block of it. Raises ApiError when this machine is shut out."""
        status = self.api.get("/api/v1/device")
        if status["state"] != "active":
            raise ApiError(403, "device_not_allowed", status["message"] or "this device is in quarantine")
        run = status["run"]
        if not run or not run["anchor_addresses"]:
            self.say(f"Waiting: {status['message'] or 'the run is starting'}")
            self.stopping.wait(IDLE_SECONDS)
            return
        try:
            self.join(run)
            self.work(kind)
        except ApiError as error:
            self.wait_after(error)
        except AnchorAway as error:
            self.say(f"Waiting for the run's anchor. {error}")
            self.stopping.wait(IDLE_SECONDS)
        except SpecError as error:
            self.say(f"This run cannot be trained here: {error}")
            self.leave()
            self.stopping.wait(IDLE_SECONDS)

    def wait_after(self, refusal: ApiError) -> None:
        """No work now is no news; any other refusal is said. Raises what cannot be waited for."""
        if refusal.status not in ASK_AGAIN_LATER:
            raise refusal
        if refusal.code != "no_work_now":
            self.say(f"Refused: {refusal}")
        self.stopping.wait(refusal.retry_after or IDLE_SECONDS)

    def join(self, run: dict[str, Any]) -> None:
        """Connect to the run's anchor unless that is done."""
        session = self.session
        if session and session.key == session_key(run):
            if not session.is_connected:
                session.connect(self.folder, run)
            return
        self.leave()
        self.session = Session(self.api, self.folder, run)
        self.say(f"Joined run {run['run_id']}.")

    def leave(self) -> None:
        """Disconnect."""
        if self.session:
            self.session.close()
            self.session = None

    def work(self, kind: str) -> None:
        """One lease: train, average, hand in."""
        session = self.session
        assert session is not None
        lease, deadline = self.lease(session, kind)
        theta = decode(self.api.get_blob(lease["theta_sha256"]))
        block = self.train(session, lease, theta, deadline)
        payload = encode_update(block.update)
        upload = self.uploads.submit(self.api.put_blob, payload)
        is_merged = not self.stopping.is_set() and self.exchange(session, block, deadline)
        upload.result()
        self.hand_in(lease, block, payload, is_merged=is_merged)

    def lease(self, session: Session, kind: str) -> tuple[dict[str, Any], float]:
        """A timed assignment and its deadline on this machine's clock. Raises ApiError when there is none now."""
        run_id = session.spec.run_id
        body = {
            "run_id": run_id,
            "kind": kind,
            "peer_id": session.peer_id,
            "peer_signature": b64(self.folder.key.sign(peer_message(run_id, session.peer_id))),
        }
        asked = time.monotonic()
        lease: dict[str, Any] = self.api.post("/api/v1/leases", body)
        # The seconds count from the platform's answer, which was somewhere within this round trip.
        deadline = (asked + time.monotonic()) / 2 + lease["seconds_remaining"]
        self.folder.remember_lease(lease["lease_id"])
        if lease["spec_sha256"] != session.spec.sha256:
            self.give_back_old_lease()
            raise SpecError("the specification changed; joining again")
        return lease, deadline

    def train(self, session: Session, lease: dict[str, Any], theta: torch.Tensor, deadline: float) -> Block:
        """Inner steps until the round's deadline; asked to stop, until the end of the segment."""
        segment = lease["segment_steps"]

        def go_on(done: int) -> bool:
            if self.stopping.is_set() and done % segment == 0:
                return False
            return time.monotonic() < deadline

        hyper = session.spec.hyper
        tokens = session.shards.of(lease["seed"])
        return train_block(session.model, theta, tokens, hyper, seed=lease["seed"], go_on=go_on)

    def exchange(self, session: Session, block: Block, deadline: float) -> bool:
        """Average with the anchor at the deadline; whether it worked."""
        self.stopping.wait(max(0.0, deadline - time.monotonic()))
        session.averager.put(block.update)
        timeout = session.spec.hyper.exchange_seconds + EXCHANGE_GRACE_SECONDS
        is_merged = session.averager.exchange(float(block.steps), timeout)
        if not is_merged:
            # The anchor may have begun anew: a fresh connection costs a second, another lost round far more.
            session.close()
        return is_merged

    def hand_in(self, lease: dict[str, Any], block: Block, payload: bytes, *, is_merged: bool) -> None:
        """The signed receipt."""
        receipt = {
            "lease_id": lease["lease_id"],
            "nonce": lease["nonce"],
            "device_id": self.device_id,
            "steps": block.steps,
            "losses": block.losses,
            "update_sha256": sha256(payload),
            "segment_commitments": block.commitments,
            "hardware_class": hardware()["kind"],
            "finished": not self.stopping.is_set(),
            "merged": is_merged,
        }
        body = {"receipt": receipt, "signature": b64(self.folder.key.sign(canonical_json(receipt)))}
        answer = self.api.post(f"/api/v1/leases/{lease['lease_id']}/receipt", body)
        self.folder.forget_lease()
        self.handed_in += 1
        fate = "merged" if is_merged else "not in this round's average"
        done = f"{block.steps} steps, loss {block.losses[-1]:.3f}, {fate}"
        self.say(f"Round {lease['round']}: {done}; {answer['device_us'] / 1e6:.1f} s reported")
