"""Robust averages, and a reduction that two reducers share: equal to one's, bit for bit."""

import itertools
import threading

import pytest
import torch

from tests.training_cluster.memory_platform import MemoryPlatform
from training_cluster.block import encode_update, train_block
from training_cluster.data import open_learner
from training_cluster.exchange_upload import MERGED, UploadAnchor
from training_cluster.model import flatten, load_flat, parameters_of
from training_cluster.pace import Pace
from training_cluster.reducer import IDLE_SECONDS, POLL_SECONDS, Reducer
from training_cluster.reducing import parts_of
from training_cluster.robust import SPAN, Robust, weighted_median
from training_cluster.spec import RunSpec

SIZE = 3 * SPAN + 1234


def rows_of(updates, platform, weights=None):
    return [
        {
            "peer_id": f"peer-{i}",
            "lease_id": f"lease-{i}",
            "seed": i,
            "weight": float(weights[i] if weights else 10 + i),
            "update_sha256": platform.put_blob(encode_update(update)),
        }
        for i, update in enumerate(updates)
    ]


def platform_of(reduction="trimmed_mean", clip=5.0):
    platform = MemoryPlatform()
    platform.spec["hyper"] = {**platform.spec["hyper"], "exchange": "upload", "reduction": reduction, "clip": clip}
    return platform


@pytest.mark.parametrize("reduction", ["mean", "median", "trimmed_mean"])
def test_two_reducers_give_what_one_gives(tmp_path, reduction):
    platform = platform_of(reduction)
    spec = RunSpec.from_body(platform.spec)
    platform.arrived[0] = rows_of([torch.randn(SIZE) * 10**-i for i in range(5)], platform)
    platform.register({"index": 0, "theta_sha256": "theta", "duration_seconds": 6})
    alone = UploadAnchor(platform, spec, SIZE, tmp_path).gather(0, 2.0)
    together = UploadAnchor(platform, spec, SIZE, tmp_path, reducers=2)
    threads = [threading.Thread(target=reduce_once, args=(platform, part)) for part in range(2)]
    for thread in threads:
        thread.start()
    shared = together.gather(0, 2.0)
    for thread in threads:
        thread.join()
    assert len(platform.parts[0]) == 2
    assert torch.equal(alone.update, shared.update)
    named = [{name: row[name] for name in MERGED} for row in platform.arrived[0]]
    assert alone.contributions == shared.contributions == named


def reduce_once(platform, part):
    reducer = Reducer(platform, "a-run", part)
    while not reducer.turn():
        platform.stopping.wait(0.05)


def test_without_its_reducers_the_anchor_reduces_alone(tmp_path):
    platform = platform_of()
    platform.spec["hyper"]["exchange_seconds"] = 2
    spec = RunSpec.from_body(platform.spec)
    platform.arrived[0] = rows_of([torch.randn(SIZE)], platform)
    gathered = UploadAnchor(platform, spec, SIZE, tmp_path, reducers=2).gather(0, 2.0)
    assert torch.equal(
        gathered.update,
        torch.frombuffer(
            bytearray(platform.blobs[platform.arrived[0][0]["update_sha256"]]), dtype=torch.float16
        ).float(),
    )


def test_an_update_that_cannot_be_read_is_left_out_and_not_named(tmp_path):
    platform = platform_of("mean", 0.0)
    spec = RunSpec.from_body(platform.spec)
    good = torch.randn(SIZE).half().float()
    platform.arrived[0] = rows_of([good, torch.randn(7), torch.full((SIZE,), float("inf"))], platform)
    platform.arrived[0].append({**platform.arrived[0][0], "lease_id": "lease-9"})
    gathered = UploadAnchor(platform, spec, SIZE, tmp_path).gather(0, 2.0)
    assert [row["lease_id"] for row in gathered.contributions] == ["lease-0", "lease-9"]
    assert torch.allclose(gathered.update, good)


@pytest.mark.parametrize("poison", ["noise", "sign", "scale"])
def test_poison_moves_a_robust_average_little_and_a_mean_much(poison):
    torch.manual_seed(3)
    truth = torch.randn(SIZE) * 0.01
    honest = [truth + torch.randn(SIZE) * 0.002 for _ in range(4)]
    bad = {"noise": torch.randn(SIZE) * 100, "sign": -truth * 50, "scale": truth * 1000}[poison]
    rows, weights = [*honest, bad], [10.0] * 5

    def distance(robust):
        return float((robust.reduce(rows, weights) - truth).norm() / truth.norm())

    clean = float((Robust().reduce(honest, weights[:4]) - truth).norm() / truth.norm())
    assert distance(Robust("mean")) > 5
    assert distance(Robust("median", 5.0)) < clean + 0.25
    assert distance(Robust("trimmed_mean", 5.0)) < clean + 0.25


def test_poisoned_training_goes_on_as_if_it_were_clean():
    platform = platform_of()
    spec = RunSpec.from_body(platform.spec)
    model = open_learner(platform, spec)
    tokens = model.samples(platform.get_blob(spec.held_out.sha256))
    start = flatten(parameters_of(model))
    losses = {}
    for name, count, robust in (
        ("clean", 0, Robust()), ("mean", 1, Robust()), ("trimmed", 1, Robust("trimmed_mean", 5.0)),
        ("median", 1, Robust("median", 5.0)),
    ):  # fmt: skip
        theta, generator = start.clone(), torch.Generator().manual_seed(1)
        for round_ in range(3):
            blocks = [
                train_block(model, theta, tokens, spec.hyper, seed=round_ * 10 + i, go_on=lambda done: done < 10)
                for i in range(3)
            ]
            updates = [block.update for block in blocks]
            updates += [torch.randn(theta.shape, generator=generator) for _ in range(count)]
            theta = theta - robust.reduce(updates, [10.0] * len(updates))
        load_flat(model, theta)
        losses[name] = train_block(model, theta, tokens, spec.hyper, seed=99, go_on=lambda _: False).losses[0]
    assert losses["trimmed"] < losses["clean"] + 0.1
    assert losses["median"] < losses["clean"] + 0.1
    assert losses["mean"] > losses["clean"] + 1


def test_the_weighted_median_is_the_middle_of_the_weight():
    values = torch.tensor([[1.0], [2.0], [10.0]])
    assert weighted_median(values, torch.tensor([1.0, 1.0, 1.0])) == 2.0
    assert weighted_median(values, torch.tensor([1.0, 1.0, 5.0])) == 10.0
    assert weighted_median(values[:2], torch.tensor([1.0, 1.0])) == 1.5


def test_parts_cover_everything_once_and_are_cut_where_clipping_is():
    for parts in (1, 2, 3, 7):
        spans = parts_of(SIZE, parts)
        assert spans[0][0] == 0
        assert spans[-1][1] == SIZE
        assert all(a[1] == b[0] and a[1] % SPAN == 0 for a, b in itertools.pairwise(spans))


def test_a_round_is_never_longer_than_needed_nor_than_a_day(spec):
    pace = Pace(spec.hyper)
    assert pace.duration() == spec.hyper.round_seconds
    for _ in range(20):
        pace.note(0.01)
        assert pace.duration() == spec.hyper.round_seconds
    for _ in range(30):
        pace.note(1e6)
        pace.duration()
    assert pace.work_seconds() == 86_400


def test_a_reducer_asks_seldom_while_nothing_can_be_due():
    platform = platform_of()
    reducer = Reducer(platform, "a-run", 0)
    platform.register({"index": 0, "theta_sha256": "theta", "duration_seconds": 600})
    found = []
    for left, state in ((500.0, "running"), (1.5, "running"), (0.0, "running"), (0.0, "paused")):
        platform.seconds_remaining, platform.state = left, state
        assert not reducer.turn()
        found.append(reducer.rest_seconds)
    assert found == [5.0, 1.5, POLL_SECONDS, IDLE_SECONDS]
    platform.state = "running"
    platform.spec = platform.spec | {"hyper": platform.spec["hyper"] | {"exchange": "hivemind"}}
    assert not reducer.turn()
    assert reducer.rest_seconds == IDLE_SECONDS
