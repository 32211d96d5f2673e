"""A real all-reduce on loopback: one anchor, two volunteers, metering, admission."""

import hashlib
import threading

import pytest
import torch

from training_cluster.block import encode_update
from training_cluster.exchange import RoundAverager, nobody, start_dht

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
