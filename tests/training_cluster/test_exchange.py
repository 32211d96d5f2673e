"""A real all-reduce on loopback: one anchor, two volunteers, metering, admission."""

import hashlib
import signal
import threading

import pytest
import torch

from training_cluster.block import encode_update
from training_cluster.exchange import RoundAverager, nobody, start_dht
from training_cluster.exchanges import AnchorAway

SIZE = 70_000


@pytest.fixture
def peers(tmp_path):
    opened = []

    def make(name, *, initial=(), admit=nobody, trusted=frozenset(), max_weight=400.0):
        listen = None if initial else "/ip4/127.0.0.1/tcp/0"
        dht = start_dht(listen=listen, announce=None, initial=list(initial), identity=tmp_path / name)
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
    sent = {item.peer_id: (item.weight, item.update_sha256) for item in anchor.reports()}
    assert sent == {
        str(one_dht.peer_id): (30.0, hashlib.sha256(encode_update(first)).hexdigest()),
        str(two_dht.peer_id): (10.0, hashlib.sha256(encode_update(second)).hexdigest()),
    }


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
    assert [item.peer_id for item in anchor.reports()] == [str(one_dht.peer_id)]


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
