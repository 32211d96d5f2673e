"""A real all-reduce on loopback: one anchor, two volunteers, metering, admission."""

import asyncio
import hashlib
import signal
import threading

import pytest
import torch
from hivemind import DHT
from hivemind.p2p import P2P, PeerID
from hivemind.proto import averaging_pb2
from hivemind.utils.asyncio import as_aiter
from hivemind.utils.timed_storage import get_dht_time

from training_cluster.block import encode_update
from training_cluster.exchange import RoundAverager, nobody, start_dht
from training_cluster.exchanges import AnchorAway

SIZE = 70_000


@pytest.fixture
def peers(tmp_path):
    opened = []

    def make(name, *, initial=(), admit=nobody, trusted=frozenset(), max_weight=400.0):
        listen = None if initial else "/ip4/127.0.0.1/tcp/0"
        dht = start_dht(
            listen=listen, announce=None, initial=list(initial), identity=tmp_path / name, trusted=set(trusted)
        )
        averager = RoundAverager(
            SIZE, dht=dht, run_id="a-run", client_mode=bool(initial), max_weight=max_weight, admit=admit,
            trusted=set(trusted),
        )  # fmt: skip
        opened.append((averager, dht))
        return dht, averager

    yield make
    for averager, dht in opened:
        averager.shutdown()
        dht.shutdown()


def exchange_together(*pairs):
    done = {}
    threads = [
        threading.Thread(target=lambda i=i, a=a, w=w: done.__setitem__(i, a.exchange(w, 7.0)))
        for i, (a, w) in enumerate(pairs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [done[i] for i in range(len(pairs))]


def test_two_volunteers_are_averaged_by_weight_and_metered(peers):
    anchor_dht, anchor = peers("anchor", admit=lambda peer: True)
    addresses = [str(a) for a in anchor_dht.get_visible_maddrs()]
    trusted = {str(anchor_dht.peer_id)}
    one_dht, one = peers("one", initial=addresses, trusted=trusted)
    two_dht, two = peers("two", initial=addresses, trusted=trusted)
    first, second = torch.randn(SIZE).half().float(), torch.randn(SIZE).half().float()
    one.put(first)
    two.put(second)
    anchor.put(torch.zeros(SIZE))
    assert exchange_together((anchor, 0.0), (one, 30.0), (two, 10.0)) == [True, True, True]
    assert torch.allclose(anchor.take(), (30 * first + 10 * second) / 40, atol=2e-3)
    sent = {item.peer_id: (item.weight, item.update_sha256) for item in anchor.report().sent}
    assert sent == {
        str(one_dht.peer_id): (30.0, hashlib.sha256(encode_update(first)).hexdigest()),
        str(two_dht.peer_id): (10.0, hashlib.sha256(encode_update(second)).hexdigest()),
    }


def test_two_that_send_nearly_the_same_are_named(peers):
    anchor_dht, anchor = peers("anchor", admit=lambda peer: True)
    addresses, trusted = [str(a) for a in anchor_dht.get_visible_maddrs()], {str(anchor_dht.peer_id)}
    one_dht, one = peers("one", initial=addresses, trusted=trusted)
    two_dht, two = peers("two", initial=addresses, trusted=trusted)
    update = torch.randn(SIZE)
    one.put(update)
    two.put(update + 0.05 * torch.randn(SIZE))
    anchor.put(torch.zeros(SIZE))
    assert exchange_together((anchor, 0.0), (one, 30.0), (two, 10.0)) == [True, True, True]
    (pair,) = anchor.report().alike
    assert sorted(pair[:2]) == sorted([str(one_dht.peer_id), str(two_dht.peer_id)])
    assert pair[2] > 0.99


def test_a_weight_beyond_the_lease_shuts_its_sender_out_and_the_rest_is_averaged(peers):
    anchor_dht, anchor = peers("anchor", admit=lambda peer: True, max_weight=50.0)
    addresses = [str(a) for a in anchor_dht.get_visible_maddrs()]
    trusted = {str(anchor_dht.peer_id)}
    one_dht, one = peers("one", initial=addresses, trusted=trusted)
    _, greedy = peers("greedy", initial=addresses, trusted=trusted)
    honest = torch.randn(SIZE).half().float()
    one.put(honest)
    greedy.put(torch.full((SIZE,), 9.0))
    anchor.put(torch.zeros(SIZE))
    exchange_together((anchor, 0.0), (one, 30.0), (greedy, 5000.0))
    assert torch.allclose(anchor.take(), honest, atol=2e-3)
    assert [item.peer_id for item in anchor.report().sent] == [str(one_dht.peer_id)]


def test_only_admitted_peers_are_averaged(peers, tmp_path):
    # The averager asks from a process of its own, so the list is a file.
    bindings = tmp_path / "bindings"
    bindings.write_text("")
    anchor_dht, anchor = peers("anchor", admit=lambda peer: peer in bindings.read_text())
    addresses = [str(a) for a in anchor_dht.get_visible_maddrs()]
    trusted = {str(anchor_dht.peer_id)}
    one_dht, one = peers("one", initial=addresses, trusted=trusted)
    _, stranger = peers("stranger", initial=addresses, trusted=trusted)
    bindings.write_text(str(one_dht.peer_id))
    one.put(torch.ones(SIZE))
    stranger.put(torch.full((SIZE,), 9.0))
    anchor.put(torch.zeros(SIZE))
    assert exchange_together((anchor, 0.0), (one, 30.0), (stranger, 30.0)) == [True, True, False]
    assert torch.allclose(anchor.take(), torch.ones(SIZE), atol=2e-3)


def test_a_stranger_writes_nothing_into_the_anchors_records(peers, tmp_path):
    anchor_dht, _anchor = peers("anchor", admit=lambda peer: True)
    addresses = [str(a) for a in anchor_dht.get_visible_maddrs()]
    later = get_dht_time() + 60
    assert anchor_dht.store("its own", b"kept", later)
    stranger = DHT(initial_peers=addresses, start=True, client_mode=True, identity_path=str(tmp_path / "stranger"))
    try:
        assert not stranger.store("a key", b"x" * 1000, later)
        assert not stranger.store("a key", b"x" * 1000, later, subkey="part")
        assert not stranger.store("its own", b"changed", later + 9)
    finally:
        stranger.shutdown()
    assert anchor_dht.get("a key", latest=True) is None
    assert anchor_dht.get("its own", latest=True).value == b"kept"
    reader = start_dht(
        listen=None, announce=None, initial=addresses, identity=tmp_path / "reader", trusted={str(anchor_dht.peer_id)}
    )
    doubter = start_dht(
        listen=None, announce=None, initial=addresses, identity=tmp_path / "doubter", trusted={"somebody else"}
    )
    try:
        assert reader.get("its own", latest=True).value == b"kept"
        assert doubter.get("its own", latest=True) is None
    finally:
        reader.shutdown()
        doubter.shutdown()


async def call_directly(addresses, anchor_id, identity):
    """What a stranger with hivemind's own calls is answered: (code of a part, states, code of a wish to join)."""
    p2p = await P2P.create(initial_peers=addresses, identity_path=str(identity), check_if_identity_free=False)
    try:
        stub = RoundAverager.get_stub(p2p, PeerID.from_base58(anchor_id), namespace="commonweave_arun")
        data = averaging_pb2.AveragingData(code=averaging_pb2.PART_FOR_AVERAGING, group_id=b"g" * 20)
        parts = [answer.code async for answer in await stub.rpc_aggregate_part(as_aiter(data))]
        states = [answer async for answer in await stub.rpc_download_state(averaging_pb2.DownloadRequest())]
        wish = averaging_pb2.JoinRequest(expiration=get_dht_time() + 5)
        joins = [answer.code async for answer in await stub.rpc_join_group(wish)]
    finally:
        await p2p.shutdown()
    return parts, states, joins


def test_a_stranger_that_calls_the_anchor_directly_is_refused(peers, tmp_path):
    anchor_dht, _anchor = peers("anchor", admit=nobody)
    addresses = [str(a) for a in anchor_dht.get_visible_maddrs()]
    P2P.generate_identity(str(tmp_path / "stranger"))
    found = asyncio.run(call_directly(addresses, str(anchor_dht.peer_id), tmp_path / "stranger"))
    refused = averaging_pb2.PROTOCOL_VIOLATION
    assert found == ([refused], [], [refused])


def test_a_volunteer_follows_no_leader_that_the_platform_did_not_name(peers):
    impostor_dht, impostor = peers("impostor", admit=lambda peer: True)
    addresses = [str(a) for a in impostor_dht.get_visible_maddrs()]
    _, one = peers("one", initial=addresses, trusted={"the-anchor"})
    one.put(torch.ones(SIZE))
    impostor.put(torch.zeros(SIZE))
    assert exchange_together((impostor, 0.0), (one, 30.0)) == [False, False]
    assert torch.equal(one.take(), torch.ones(SIZE))


def test_the_program_still_hears_ctrl_c(peers):
    before = signal.getsignal(signal.SIGINT)
    peers("anchor")
    assert signal.getsignal(signal.SIGINT) is before


def test_an_anchor_that_is_away_is_named(tmp_path):
    nowhere = "/ip4/127.0.0.1/tcp/9/p2p/QmSoLPppuBtQSGwKDZT2M73ULpjvfd3aZ6ha4oFGL1KrGM"
    with pytest.raises(AnchorAway, match="tcp/9"):
        start_dht(listen=None, announce=None, initial=[nowhere], identity=tmp_path / "key")
