"""The volunteer's agent: pair this machine once, then lend it to the runs it is pledged to.

It opens no port, fetches data and weights over the platform's HTTP API, keeps its key in its own folder and stops
cleanly: what was finished is handed in, signed, before it goes.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from training_cluster.block import Block, encode_update, train_block
from training_cluster.client import Api, ApiError, PlatformAway, device_signature
from training_cluster.data import tokens_of
from training_cluster.exchange import RoundAverager, nobody, start_dht
from training_cluster.keys import b64, load_or_create_key
from training_cluster.model import build_model, decode, flatten, parameters_of, sha256
from training_cluster.pairing import PairingFailed, ask_for_code, enroll, hardware, wait_for_approval
from training_cluster.protocol import canonical_json, peer_message
from training_cluster.spec import RunSpec, SpecError

logger = logging.getLogger("worker")
IDLE_SECONDS = 5.0
EXCHANGE_GRACE_SECONDS = 4.0
FAILED_EXCHANGES_BEFORE_REJOIN = 3
DEFAULT_STATE = Path.home() / ".commonweave-worker"
EXIT_REFUSED = 3


class Folder:
    """What the agent keeps: its key, which device it is, and the lease it was working on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.key = load_or_create_key(path / "device.pem")

    def pairing(self) -> dict[str, str]:
        """Platform and device id. Raises SystemExit with what to do when this machine is not paired."""
        file = self.path / "device.json"
        if not file.exists():
            raise SystemExit("This machine is not paired yet. Run: commonweave-worker pair --platform ADDRESS")
        return dict(json.loads(file.read_text()))

    def remember(self, platform: str, device_id: str) -> None:
        """Keep the pairing."""
        (self.path / "device.json").write_text(json.dumps({"platform": platform, "device_id": device_id}))

    @property
    def open_lease(self) -> str:
        """The lease that was being worked on, or the empty string."""
        file = self.path / "lease"
        return file.read_text().strip() if file.exists() else ""

    @open_lease.setter
    def open_lease(self, lease_id: str) -> None:
        (self.path / "lease").write_text(lease_id)


class Session:
    """One run joined: its model, data and connection to the anchor."""

    def __init__(self, api: Api, folder: Folder, run: dict[str, Any]) -> None:
        self.key = (run["run_id"], tuple(run["anchor_addresses"]))
        self.spec = RunSpec.from_body(api.get(f"/api/v1/runs/{run['run_id']}/spec"))
        self.model = build_model(self.spec)
        self.tokens = tokens_of(api.get_blob(self.spec.train.sha256))
        self.dht = start_dht(
            listen=None, announce=None, initial=run["anchor_addresses"], identity=folder.path / "peer.key"
        )
        self.averager = RoundAverager(
            flatten(parameters_of(self.model)).numel(), dht=self.dht, run_id=run["run_id"], client_mode=True,
            max_weight=float(self.spec.hyper.max_steps), admit=nobody, trusted=set(run["anchor_peer_ids"]),
        )  # fmt: skip
        self.peer_id = str(self.dht.peer_id)
        self.failed_exchanges = 0

    def close(self) -> None:
        """End the connection's processes."""
        self.averager.shutdown()
        self.dht.shutdown()


class Worker:
    """Lease after lease until told to stop."""

    def __init__(self, folder: Folder) -> None:
        pairing = folder.pairing()
        self.folder, self.device_id = folder, pairing["device_id"]
        self.api = Api(pairing["platform"], device_signature(folder.key, self.device_id), patience_seconds=600)
        self.session: Session | None = None
        self.stopping = threading.Event()
        self.uploads = ThreadPoolExecutor(1)
        self.said = ""

    def say(self, text: str) -> None:
        """A line on the terminal, once for each change."""
        if text != self.said:
            print(text, flush=True)
            self.said = text

    def run(self) -> int:
        """Work until stopped; the exit status."""
        self.give_back_old_lease()
        try:
            while not self.stopping.is_set():
                self.turn()
        except ApiError as error:
            print(f"The platform refuses this machine: {error}", flush=True)
            return EXIT_REFUSED
        except PlatformAway as error:
            print(f"{error} Start me again once it is back; nothing that was handed in is lost.", flush=True)
            return 1
        finally:
            self.leave()
            self.uploads.shutdown()
        print("Stopped. Everything finished is handed in.", flush=True)
        return 0

    def give_back_old_lease(self) -> None:
        """After a crash the old lease would block the next one until it expires."""
        if lease_id := self.folder.open_lease:
            self.api.post(f"/api/v1/leases/{lease_id}/abandon")
            self.folder.open_lease = ""

    def turn(self) -> None:
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
            self.work()
        except ApiError as error:
            if error.status != 409:
                raise
            self.stopping.wait(error.retry_after or IDLE_SECONDS)
        except SpecError as error:
            self.say(f"This run cannot be trained here: {error}")
            self.stopping.wait(IDLE_SECONDS)

    def join(self, run: dict[str, Any]) -> None:
        """Connect to the run's anchor unless that is done."""
        key = (run["run_id"], tuple(run["anchor_addresses"]))
        if self.session and self.session.key == key and self.session.failed_exchanges < FAILED_EXCHANGES_BEFORE_REJOIN:
            return
        self.leave()
        self.session = Session(self.api, self.folder, run)
        self.say(f"Joined run {run['run_id']}.")

    def leave(self) -> None:
        """Disconnect."""
        if self.session:
            self.session.close()
            self.session = None

    def work(self) -> None:
        """One lease: train, average, hand in."""
        session = self.session
        assert session is not None
        lease = self.lease(session)
        deadline = time.monotonic() + lease["seconds_remaining"]
        theta = decode(self.api.get_blob(lease["theta_sha256"]))
        block = self.train(session, lease, theta, deadline)
        payload = self.upload_of(block)
        upload = self.uploads.submit(self.api.put_blob, payload)
        merged = not self.stopping.is_set() and self.exchange(session, block, deadline)
        upload.result()
        self.hand_in(lease, block, payload, merged=merged)

    def lease(self, session: Session) -> dict[str, Any]:
        """A timed assignment. Raises ApiError when there is none now."""
        run_id = session.spec.run_id
        body = {
            "run_id": run_id,
            "kind": "training",
            "peer_id": session.peer_id,
            "peer_signature": b64(self.folder.key.sign(peer_message(run_id, session.peer_id))),
        }
        lease: dict[str, Any] = self.api.post("/api/v1/leases", body)
        self.folder.open_lease = lease["lease_id"]
        if lease["spec_sha256"] != session.spec.sha256:
            raise SpecError("the specification changed; joining again")
        return lease

    def train(self, session: Session, lease: dict[str, Any], theta: torch.Tensor, deadline: float) -> Block:
        """Inner steps until the round's deadline; asked to stop, until the end of the segment."""
        segment = lease["segment_steps"]

        def go_on(done: int) -> bool:
            if self.stopping.is_set() and done % segment == 0:
                return False
            return time.monotonic() < deadline

        hyper = session.spec.hyper
        return train_block(session.model, theta, session.tokens, hyper, seed=lease["seed"], go_on=go_on)

    def upload_of(self, block: Block) -> bytes:
        """The bytes that are uploaded and hashed."""
        return encode_update(block.update)

    def exchange(self, session: Session, block: Block, deadline: float) -> bool:
        """Average with the anchor at the deadline; whether it worked."""
        self.stopping.wait(max(0.0, deadline - time.monotonic()))
        session.averager.put(block.update)
        timeout = session.spec.hyper.exchange_seconds + EXCHANGE_GRACE_SECONDS
        merged = session.averager.exchange(float(block.steps), timeout)
        session.failed_exchanges = 0 if merged else session.failed_exchanges + 1
        return merged

    def hand_in(self, lease: dict[str, Any], block: Block, payload: bytes, *, merged: bool) -> None:
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
            "merged": merged,
        }
        signature = b64(self.folder.key.sign(canonical_json(receipt)))
        answer = self.api.post(
            f"/api/v1/leases/{lease['lease_id']}/receipt", {"receipt": receipt, "signature": signature}
        )
        self.folder.open_lease = ""
        seconds = answer["device_us"] / 1e6
        fate = "merged" if merged else "too late for the merge"
        done = f"{block.steps} steps, loss {block.losses[-1]:.3f}, {fate}"
        self.say(f"Round {lease['round']}: {done}; {seconds:.1f} s reported")


def pair(folder: Folder, platform: str, name: str) -> int:
    """Show a code, wait for its approval, enroll the key."""
    base = platform.rstrip("/")
    try:
        code = ask_for_code(base)
        print(f"Open {base}/identity/o/device and enter the code {code['user_code']}", flush=True)
        token = wait_for_approval(base, code, print)
        device_id = enroll(base, token, folder.key, name)
    except (PairingFailed, ApiError, PlatformAway) as error:
        print(error, file=sys.stderr)
        return 1
    folder.remember(base, device_id)
    print(f"Paired as {name}. Start it with: commonweave-worker run", flush=True)
    return 0


def show_status(folder: Folder) -> int:
    """What the platform says of this machine."""
    worker = Worker(folder)
    worker.api.patience_seconds = 5
    try:
        print(json.dumps(worker.api.get("/api/v1/device"), indent=2))
    except (ApiError, PlatformAway) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run_worker(worker: Worker) -> int:
    """Run until SIGTERM or Ctrl-C."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print("Ready. Ctrl-C hands in what is finished and stops.", flush=True)
    return worker.run()


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="commonweave-worker", description=__doc__)
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help=f"the agent's folder ({DEFAULT_STATE})")
    commands = parser.add_subparsers(dest="command", required=True)
    pairing = commands.add_parser("pair", help="pair this machine with your account by a code")
    pairing.add_argument("--platform", required=True, help="the platform's address")
    pairing.add_argument("--name", default=socket.gethostname(), help="what your account calls this machine")
    running = commands.add_parser("run", help="train until stopped")
    running.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves the choice to PyTorch")
    running.add_argument("--nice", type=int, default=10, help="lowers the priority beside your own work")
    commands.add_parser("status", help="what the platform says of this machine")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """The `commonweave-worker` command."""
    chosen = parse(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    folder = Folder(chosen.state)
    if chosen.command == "pair":
        return pair(folder, chosen.platform, chosen.name)
    if chosen.command == "status":
        return show_status(folder)
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    os.nice(chosen.nice)
    return run_worker(Worker(folder))


if __name__ == "__main__":
    sys.exit(main())
