"""The all-reduce of a round: hivemind's averager with an anchor that meters, admits and limits its senders.

The anchor is the one public peer, with weight 0; volunteers are client-mode peers without a listening socket. What each
peer sent is hashed as float16, so that it can be held against the update it uploaded. Everything of hivemind that the
cluster uses is in this module. All peers share one class, because its name is part of the RPC's name.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import multiprocessing
import queue
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, AsyncIterator  # noqa: UP035  # reason: hivemind knows a streaming call by this very type

import torch
from hivemind import DHT
from hivemind.averaging import DecentralizedAverager
from hivemind.averaging.allreduce import AllReduceRunner
from hivemind.averaging.group_info import GroupInfo
from hivemind.averaging.matchmaking import MatchmakingException
from hivemind.averaging.partition import AllreduceException, TensorPartReducer
from hivemind.compression import Float16Compression
from hivemind.p2p import P2P, P2PContext, PeerID
from hivemind.p2p.p2p_daemon_bindings.utils import P2PDaemonError
from hivemind.proto import averaging_pb2
from hivemind.utils.asyncio import as_aiter, azip
from hivemind.utils.timed_storage import get_dht_time
from torch import Tensor

from training_cluster.exchanges import AnchorAway
from training_cluster.peers import PeerKey
from training_cluster.records import AnchorRecords
from training_cluster.robust import Collector, Robust
from training_cluster.screens import alike, draw_places

logger = logging.getLogger(__name__)
MATCHMAKING_SECONDS = 2.0
REQUEST_TIMEOUT_SECONDS = 1.0  # Must stay under the matchmaking time.
PART_TIMEOUT_SECONDS = 3.0
# A report follows its exchange by a moment.
REPORT_SECONDS = 1.0
Admit = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Sent:
    """What the anchor received from one peer: its weight and the hash of its float16 bytes in order."""

    peer_id: str
    weight: float
    update_sha256: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the anchor saw of an exchange. `alike`: [peer, peer, cosine] of updates that are nearly the same."""

    sent: list[Sent] = field(default_factory=list)
    alike: list[list[Any]] = field(default_factory=list)


class MeteredReducer(TensorPartReducer):
    """Hashes each sender's parts; a weight beyond what a lease allows is refused, which bans its sender."""

    senders: list[str]
    max_weight: float

    def watch(self, senders: list[str], max_weight: float, robust: Robust) -> MeteredReducer:
        """Name the senders in the order of their indices."""
        self.senders, self.max_weight, self.robust = senders, max_weight, robust
        if self.num_parts:
            self.accumulator = Collector(robust, self.part_shapes[0])
        self.hashes = [hashlib.sha256() for _ in senders]
        self.weights = [0.0] * len(senders)
        self.elements = [0] * len(senders)
        self.sketches: list[list[Tensor]] = [[] for _ in senders]
        self.places = [draw_places(shape.numel(), self.num_parts) for shape in self.part_shapes]
        return self

    def reset_accumulators(self) -> None:
        """Collect the next part's senders instead of adding them up; see the base class."""
        super().reset_accumulators()
        if not self.finished.is_set():
            self.accumulator = Collector(self.robust, self.part_shapes[self.current_part_index])

    async def accumulate_part(
        self, sender_index: int, part_index: int, tensor_part: Tensor, weight: float = 1.0
    ) -> Tensor:
        """One part, in order; see the base class."""
        self._check(sender_index, part_index, tensor_part, weight)
        self.hashes[sender_index].update(tensor_part.half().numpy().tobytes())
        self.weights[sender_index] = weight
        self.elements[sender_index] += tensor_part.numel()
        self.sketches[sender_index].append(tensor_part.flatten()[self.places[part_index]].float())
        return await super().accumulate_part(sender_index, part_index, tensor_part, weight=weight)

    def _check(self, sender_index: int, part_index: int, tensor_part: Tensor, weight: float) -> None:
        is_steady = part_index == 0 or weight == self.weights[sender_index]
        if not 0 <= weight <= self.max_weight or not is_steady or not bool(torch.isfinite(tensor_part).all()):
            raise AllreduceException(f"{self.senders[sender_index]} sent a weight or a value out of bounds")

    def report(self, own: str, elements: int) -> Report:
        """Peers whose whole update arrived, without the anchor itself."""
        rows = zip(self.senders, self.weights, self.hashes, self.elements, self.sketches, strict=True)
        whole = [row for row in rows if row[0] != own and row[3] == elements and row[1] > 0]
        sketches = {sender: torch.cat(sketch) for sender, _, _, _, sketch in whole}
        return Report([Sent(sender, weight, sha.hexdigest()) for sender, weight, sha, _, _ in whole], alike(sketches))


class MeteredRunner(AllReduceRunner):
    """An all-reduce with the metered reducer."""

    def meter(self, max_weight: float, robust: Robust) -> MeteredReducer:
        """Make the reducer a metered one, before the first part arrives."""
        reducer: MeteredReducer = self.tensor_part_reducer
        # The base class names its reducer's class; a second reducer would leave the first one complaining.
        reducer.__class__ = MeteredReducer
        return reducer.watch([str(peer) for peer in self.sender_peer_ids], max_weight, robust)


class RoundAverager(DecentralizedAverager):
    """Averages one flat vector among the peers of a round.

    `admit(peer id)` decides at the anchor who may join; a volunteer accepts only the `trusted` peer ids as reducers.
    `seconds`: how long a whole all-reduce may take; a part that does not come for 3 s ends it earlier.
    """

    def __init__(
        self, size: int, *, dht: DHT, run_id: str, client_mode: bool, max_weight: float, admit: Admit,
        trusted: set[str], robust: Robust | None = None, seconds: float = 0.0,
    ) -> None:  # fmt: skip
        self._admit, self._trusted, self._max_weight = admit, trusted, max_weight
        self._robust = robust or Robust()
        # With a thread behind it: a report longer than a pipe holds must not keep the averager's own process waiting.
        self._reports: Any = multiprocessing.Queue()
        # hivemind makes the whole program deaf to Ctrl-C, not its helper process alone.
        interrupt = signal.getsignal(signal.SIGINT)
        super().__init__(
            averaged_tensors=[torch.zeros(size)],
            dht=dht,
            prefix=f"commonweave_{run_id.replace('-', '')}",
            client_mode=client_mode,
            compression=Float16Compression(),
            min_matchmaking_time=MATCHMAKING_SECONDS,
            request_timeout=REQUEST_TIMEOUT_SECONDS,
            next_chunk_timeout=PART_TIMEOUT_SECONDS,
            sender_timeout=PART_TIMEOUT_SECONDS,
            reducer_timeout=2 * PART_TIMEOUT_SECONDS,
            allreduce_timeout=max(seconds, 3 * PART_TIMEOUT_SECONDS),
            target_group_size=None,
            min_group_size=2,
            start=True,
        )
        signal.signal(signal.SIGINT, interrupt)

    def put(self, vector: Tensor) -> None:
        """What this peer gives into the next average, (P,) float32."""
        with self.get_tensors() as tensors:
            tensors[0].copy_(vector)

    def take(self) -> Tensor:
        """The average, (P,) float32."""
        with self.get_tensors() as tensors:
            return tensors[0].clone()

    def exchange(self, weight: float, timeout: float) -> bool:
        """One all-reduce; False when no group came together or it broke."""
        self._take_report(0.0)
        try:
            return bool(self.step(weight=weight, timeout=timeout, allow_retries=False))
        except (AllreduceException, MatchmakingException, asyncio.CancelledError, TimeoutError) as error:
            logger.info("exchange_failed reason=%s", str(error)[:120] or type(error).__name__)
            return False

    def report(self) -> Report:
        """What the reducer saw in the last exchange; nothing where it did not come to an end."""
        return self._take_report(REPORT_SECONDS)

    def _take_report(self, seconds: float) -> Report:
        found = Report()
        while True:
            try:
                found, seconds = self._reports.get(timeout=seconds), 0.0
            except queue.Empty:
                return found

    async def _step(self, **kwargs: Any) -> None:
        matchmaking = self._matchmaking
        if self.client_mode and not hasattr(matchmaking, "ask_any"):
            # hivemind offers no hook between finding a leader and asking it.
            matchmaking.ask_any = matchmaking._request_join_group  # noqa: SLF001  # reason: see above
            matchmaking._request_join_group = self._ask_trusted  # noqa: SLF001  # reason: see above
        await super()._step(**kwargs)

    async def _ask_trusted(self, leader: PeerID) -> GroupInfo | None:
        """Follow only a leader that the platform named, whoever else announces itself in the DHT."""
        if str(leader) not in self._trusted:
            logger.info("leader_refused peer=%s", leader)
            return None
        group: GroupInfo | None = await self._matchmaking.ask_any(leader)
        return group

    async def rpc_join_group(
        self, request: averaging_pb2.JoinRequest, context: P2PContext
    ) -> AsyncIterator[averaging_pb2.MessageFromLeader]:
        """Only peers whose device holds a live lease of this round are let in."""
        peer = str(context.remote_id)
        if not await asyncio.get_running_loop().run_in_executor(None, self._admit, peer):
            logger.info("peer_refused peer=%s", peer)
            yield averaging_pb2.MessageFromLeader(code=averaging_pb2.PROTOCOL_VIOLATION)
            return
        async for message in super().rpc_join_group(request, context):
            yield message

    async def rpc_aggregate_part(
        self, stream: AsyncIterator[averaging_pb2.AveragingData], context: P2PContext
    ) -> AsyncIterator[averaging_pb2.AveragingData]:
        """A part is taken only from a peer that is bound at this moment, whatever group it names."""
        peer = str(context.remote_id)
        if not await asyncio.get_running_loop().run_in_executor(None, self._admit, peer):
            logger.info("part_refused peer=%s", peer)
            yield averaging_pb2.AveragingData(code=averaging_pb2.PROTOCOL_VIOLATION)
            return
        async for message in super().rpc_aggregate_part(stream, context):
            yield message

    async def rpc_download_state(
        self, _request: averaging_pb2.DownloadRequest, context: P2PContext
    ) -> AsyncIterator[averaging_pb2.DownloadData]:
        """Weights are published over HTTPS with their hash; this call gives nothing to anyone."""
        logger.info("state_refused peer=%s", context.remote_id)
        for nothing in list[averaging_pb2.DownloadData]():
            yield nothing

    async def _run_allreduce_inplace_(
        self, tensors: Any, group_info: GroupInfo, group_id: bytes | None = None, **kwargs: Any
    ) -> None:
        group_id = group_info.group_id if group_id is None else group_id
        self._check_reducers(group_info, kwargs["peer_fractions"])
        runner = MeteredRunner(
            p2p=self._p2p,
            servicer_type=type(self),
            prefix=self.prefix,
            tensors=tensors,
            group_id=group_id,
            ordered_peer_ids=group_info.peer_ids,
            **kwargs,
        )
        reducer = runner.meter(self._max_weight, self._robust)
        self._running_groups[group_id].set_result(runner)
        async for tensor, update in azip(as_aiter(*tensors), runner):
            tensor.add_(update)
            self.last_updated = get_dht_time()
            self._state_updated.set()
        if not self.client_mode:
            self._reports.put(reducer.report(str(self.peer_id), sum(tensor.numel() for tensor in tensors)))

    def _check_reducers(self, group_info: GroupInfo, fractions: Any) -> None:
        shares = zip(group_info.peer_ids, fractions, strict=True)
        reducers = {str(peer) for peer, share in shares if share > 0}
        if self.client_mode and not reducers <= self._trusted:
            raise AllreduceException("a group is reduced by a peer that the platform did not name")


def nobody(_peer_id: str) -> bool:
    """Admission of a client-mode peer: it listens to no one."""
    return False


def start_dht(
    *, listen: str | None, announce: str | None, initial: list[str], identity: Path, trusted: set[str] | None = None
) -> DHT:
    """A node that listens on the multiaddress `listen`, or a client of `initial` when that is None.

    A listening node keeps its own records only; a client believes those of `trusted` peers. Raises AnchorAway.
    """
    identity.parent.mkdir(parents=True, exist_ok=True)
    if not identity.exists():
        P2P.generate_identity(str(identity))
    own = PeerKey.read(identity)
    records = AnchorRecords(trusted or set()) if listen is None else AnchorRecords({own.peer_id}, own)
    try:
        return DHT(
            initial_peers=initial or None,
            start=True,
            record_validators=[records],
            client_mode=listen is None,
            host_maddrs=[listen] if listen else None,
            announce_maddrs=[announce] if announce else None,
            identity_path=str(identity),
            check_if_identity_free=False,
            auto_nat=False,
            nat_port_map=False,
            use_relay=False,
        )
    except P2PDaemonError as error:
        raise AnchorAway(f"No peer answers at {', '.join(initial) or listen}.") from error
