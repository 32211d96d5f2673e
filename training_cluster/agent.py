"""The volunteer's side of a run: join it, take leases, train, average with the anchor, hand in signed receipts.

Nothing listens here: every connection goes out, to the platform over HTTP and to the run's anchor.
"""

from __future__ import annotations

import errno
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import torch

from training_cluster.block import Block, encode_update, train_block
from training_cluster.client import Api, ApiError, PlatformAway, device_signature
from training_cluster.exchanges import AnchorAway
from training_cluster.folder import Folder
from training_cluster.gpu_memory import bound_gpu_memory, is_out_of_memory, release_gpu_memory
from training_cluster.model import decode
from training_cluster.receipts import Receipts
from training_cluster.session import Session, session_key
from training_cluster.spec import SpecError
from training_cluster.uploading import upload
from training_cluster.volunteer.clocks import steady_now
from training_cluster.volunteer.guest import Guest
from training_cluster.volunteer.kept_states import KeptStates
from training_cluster.volunteer.tidings import Tidings
from training_cluster.volunteer.troubles import ASK_AGAIN_LATER, BlockLost, MachineTrouble, is_shut_out

logger = logging.getLogger(__name__)
IDLE_SECONDS = 5.0
AWAY_SECONDS, TROUBLE_SECONDS = 10.0, 60.0
PLATFORM_PATIENCE_SECONDS = 600.0
EXCHANGE_GRACE_SECONDS = 4.0
MOST_FAILURES = 3
Answer = dict[str, Any]  # of the platform, or for it


class Agent:
    """Lease after lease until told to stop, or until `blocks` are handed in."""

    def __init__(self, folder: Folder, stopping: threading.Event, guest: Guest) -> None:
        pairing = folder.pairing()
        self.folder, self.stopping, self.device_id, self.guest = folder, stopping, pairing["device_id"], guest
        authorize = device_signature(folder.key, self.device_id)
        self.api = Api(pairing["platform"], authorize, PLATFORM_PATIENCE_SECONDS, stopping, guest.traffic)
        self.states = KeptStates(folder.path)
        self.session: Session | None = None
        self.uploads = ThreadPoolExecutor(1)
        self.fetch_seconds: float | None = None
        self.receipts, self.tidings = Receipts(folder, self.device_id), Tidings()
        self.handed_in, self.said, self.is_cut_short = 0, "", False
        # `leased`: the newest lease of this process; `is_at_work`: its block is neither kept, handed in nor lost yet.
        self.leased, self.is_at_work, self.failures = "", False, 0

    def say(self, text: str) -> None:
        """A line on the terminal, once for each change."""
        if text != self.said:
            print(text, flush=True)
            self.said = text
        self.guest.tell(text=text)

    def run(self, kind: str = "training", blocks: int | None = None) -> None:
        """Work until stopped. Raises ApiError when this machine is shut out, MachineTrouble when it cannot work."""
        try:
            while not self.stopping.is_set() and self.handed_in != blocks:
                self.careful_turn(kind)
        finally:
            self.leave()
            self.uploads.shutdown()

    def settle(self) -> None:
        """What is left of the last block, also after a crash: a kept receipt is sent, then the lease is given back."""
        if kept := self.folder.kept_receipt():
            self.answer(kept)
        self.receipts.give_back_lease(self.api)

    def careful_turn(self, kind: str) -> None:
        """One turn; ordinary trouble ends a block, never the agent. Raises ApiError when shut out, MachineTrouble."""
        reason, owed = self.guest.guard.reason(), self.folder.kept_receipt()
        if reason and not owed:
            self.leave()
            self.rest(f"Resting. {reason}", IDLE_SECONDS)
            return
        try:
            self.settle()
            if not owed:
                self.tidings.tell_limits(self.api, self.guest.guard.limits())
                self.turn(kind)
        except PlatformAway as error:
            self.rest(f"{error} I go on trying. {self.fate()}".strip(), AWAY_SECONDS)
        except ApiError as error:
            self.wait_after(error)
        except (MemoryError, RuntimeError) as error:
            self.fail(error)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            self.lose("The disk is full. Free some space; until then nothing can be worked on.")

    def fate(self) -> str:
        """What became of the block at hand, in a sentence; a lost one is counted, once."""
        if self.folder.kept_receipt():
            self.is_at_work = False
            return "The receipt of the last block is kept here and sent again."
        if not self.is_at_work:
            return ""
        self.is_at_work = False
        self.guest.tell(lost_blocks=self.guest.state.lost_blocks + 1)
        return "The block at hand is lost."

    def fail(self, error: RuntimeError | MemoryError) -> None:
        """The computation broke off. Raises MachineTrouble when it did so several times in a row."""
        self.leave()
        logger.info("computation_failed", exc_info=error)
        if is_out_of_memory(error):
            release_gpu_memory()
            self.lose("There was not enough memory for this block. Close other programs, or pledge to a smaller run.")
            return
        self.failures += 1
        why = f"The computation failed ({(str(error) or type(error).__name__).splitlines()[0]})."
        if self.failures < MOST_FAILURES:
            self.lose(why)
            return
        self.say(f"{why} {self.fate()}".strip())
        raise MachineTrouble(
            f"{why} That was {MOST_FAILURES} times in a row, so I stop. Start me again, or restart the machine first."
        ) from error

    def lose(self, why: str) -> None:
        """A block could not be finished: nothing of it is claimed, and it is said."""
        self.leave()
        self.rest(f"{why} {self.fate()}".strip(), TROUBLE_SECONDS)

    def rest(self, why: str, seconds: float) -> None:
        """Say why, and wait."""
        self.say(why)
        self.stopping.wait(seconds)

    def turn(self, kind: str) -> None:
        """Ask what to do, and do one block of it. Raises ApiError when this machine is shut out."""
        status = self.api.get("/api/v1/device")
        if status["state"] != "active":
            raise ApiError(403, "device_not_allowed", status["message"] or "this device is in quarantine")
        for asked in status["reveals"]:
            self.states.reveal(self.api, asked)
        self.tidings.tell_refused(status, self.say)
        run = status["run"]
        if not run or not run["anchor_addresses"]:
            self.say(f"Waiting: {status['message'] or 'the run is starting'}")
            self.stopping.wait(IDLE_SECONDS)
            return
        try:
            self.join(run)
            self.work(kind)
        except AnchorAway as error:
            self.say(f"Waiting for the run's anchor. {error}")
            self.stopping.wait(IDLE_SECONDS)
        except SpecError as error:
            self.say(f"This run cannot be trained here: {error}")
            self.leave()
            self.stopping.wait(IDLE_SECONDS)

    def wait_after(self, refusal: ApiError) -> None:
        """No work now is no news; any other refusal is said. Raises it when this machine is shut out."""
        if is_shut_out(refusal):
            raise refusal
        if refusal.status not in ASK_AGAIN_LATER:
            self.rest(f"Trouble: {refusal} I try again. {self.fate()}".strip(), TROUBLE_SECONDS)
            return
        if refusal.code != "no_work_now":
            self.say(f"Refused: {refusal} {self.fate()}".strip())
        self.stopping.wait(refusal.retry_after or IDLE_SECONDS)

    def join(self, run: Answer) -> None:
        """Connect to the run's anchor unless that is done."""
        session = self.session
        if session and session.key == session_key(run):
            if not session.is_connected:
                session.connect(self.folder, run)
            return
        self.leave()
        bound_gpu_memory(self.guest.guard.limits().memory_gib)
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
        self.leased, self.is_at_work = lease["lease_id"], True
        begun = steady_now()
        theta = decode(self.api.get_blob(lease["theta_sha256"]))
        self.fetch_seconds = round(steady_now() - begun, 3)
        block = self.train(session, lease, theta, deadline)
        payload = encode_update(block.update)
        # From here on nothing is lost by an end of this program: upload and receipt go on when it starts again.
        self.keep(lease, block, payload, is_merged=False)
        is_merged = self.give(session, block, payload, deadline)
        self.folder.forget_update()
        self.hand_in(lease, block, payload, is_merged=is_merged)

    def lease(self, session: Session, kind: str) -> tuple[Answer, float]:
        """A timed assignment and its deadline on this machine's clock. Raises ApiError when there is none now."""
        body = {"kind": kind, "fetch_seconds": self.fetch_seconds, **session.identity(self.folder.key, self.device_id)}
        asked = steady_now()
        lease: Answer = self.api.post("/api/v1/leases", body)
        # The seconds count from the platform's answer, which was somewhere within this round trip.
        deadline = (asked + steady_now()) / 2 + lease["seconds_remaining"]
        self.folder.remember_lease(lease["lease_id"])
        if lease["spec_sha256"] != session.spec.sha256:
            self.receipts.give_back_lease(self.api)
            raise SpecError("the specification changed; joining again")
        return lease, deadline

    def train(self, session: Session, lease: Answer, theta: torch.Tensor, deadline: float) -> Block:
        """Inner steps until the round's deadline; asked to stop or to rest, until the end of the segment."""
        segment, guard = lease["segment_steps"], self.guest.guard
        begun, self.is_cut_short = steady_now(), False
        self.guest.tell(run_id=session.spec.run_id, round=lease["round"], steps=0, max_steps=lease["max_steps"])

        def go_on(done: int) -> bool:
            resting = guard.reason_between_steps()
            if done % segment == 0:
                self.guest.tell(steps=done)
                if resting or self.stopping.is_set():
                    self.is_cut_short = True
                    return False
            if pause := guard.breathe((steady_now() - begun) / done):
                self.stopping.wait(pause)
            return steady_now() < deadline

        tokens = session.shards.of(lease["seed"])
        keep = partial(self.states.keep, lease["lease_id"]) if lease["keeps_segments"] else None
        block = train_block(
            session.model, theta, tokens, session.spec.hyper, seed=lease["seed"], go_on=go_on, keep=keep
        )
        self.guest.tell(steps=block.steps)
        return block

    def give(self, session: Session, block: Block, payload: bytes, deadline: float) -> bool:
        """Bring the update to the platform and into the round's average; whether the latter worked."""
        if not session.exchange.waits:
            return session.exchange.send(block, payload)
        arriving = self.uploads.submit(upload, self.api, payload)
        # After sleep the round may be long over: what was done is handed in, the exchange is not waited for.
        is_too_late = steady_now() > deadline + EXCHANGE_GRACE_SECONDS
        is_merged = not self.stopping.is_set() and not is_too_late and self.meet(session, block, payload, deadline)
        arriving.result()
        return is_merged

    def meet(self, session: Session, block: Block, payload: bytes, deadline: float) -> bool:
        """Average with the others at the deadline; whether it worked."""
        self.stopping.wait(max(0.0, deadline - steady_now()))
        is_merged = session.exchange.send(block, payload)
        if not is_merged:
            # The anchor may have begun anew: a fresh connection costs a second, another lost round far more.
            session.close()
        return is_merged

    def keep(self, lease: Answer, block: Block, payload: bytes, *, is_merged: bool, is_sent: bool = False) -> Answer:
        """The signed receipt, kept until it is answered, with its update while that was not sent."""
        is_finished = not self.is_cut_short
        receipt = self.receipts.describe(lease, block, payload, is_finished=is_finished, is_merged=is_merged)
        return self.receipts.keep(lease["round"], receipt, None if is_sent else payload)

    def hand_in(self, lease: Answer, block: Block, payload: bytes, *, is_merged: bool) -> None:
        """The signed receipt of an update that was sent."""
        self.answer(self.keep(lease, block, payload, is_merged=is_merged, is_sent=True))

    def answer(self, kept: Answer) -> None:
        """Send a receipt, and say what became of it. Raises ApiError, PlatformAway; then it stays kept."""
        receipt = kept["receipt"]
        try:
            device_us = self.receipts.send(self.api, kept)
        except BlockLost as error:
            self.is_at_work = True
            self.say(f"The block of round {kept['round']} was refused: {error} {self.fate()}")
            return
        self.is_at_work, self.failures, loss = False, 0, receipt["losses"][-1]
        # One of an earlier process is none of the blocks that this one was asked for.
        self.handed_in += receipt["lease_id"] == self.leased
        self.guest.tell(blocks=self.handed_in, reported_us=self.guest.state.reported_us + device_us, loss=loss)
        fate = "merged" if receipt["merged"] else "not in this round's average"
        done = f"{receipt['steps']} steps, loss {loss:.3f}, {fate}"
        self.say(f"Round {kept['round']}: {done}; {device_us / 1e6:.1f} s reported")
