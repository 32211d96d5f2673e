"""An anchor that is killed at any moment goes on exactly: weights and momentum bit-equal with an undisturbed run."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from tests.training_cluster.http_platform import HttpPlatform
from tests.training_cluster.memory_platform import MemoryPlatform
from training_cluster.anchoring import Anchor
from training_cluster.block import encode_update

ROUNDS = 12
# Each number falls into another step of a round: publishing, registering, fetching, closing.
KILL_AFTER = (5, 19, 34, 49)


def platform_with_work(size):
    platform = MemoryPlatform()
    platform.spec["hyper"] = {**platform.spec["hyper"], "exchange": "upload", "reduction": "trimmed_mean"}
    platform.peers = {"peer": {"lease_id": "a-lease"}}
    generator = torch.Generator().manual_seed(5)
    for index in range(ROUNDS):
        updates = [torch.randn(size, generator=generator) * 1e-3 for _ in range(3)]
        platform.arrived[index] = [
            {
                "peer_id": f"peer-{i}", "lease_id": f"{index}-{i}", "weight": 10.0 + i, "seed": 100 * index + i,
                "update_sha256": platform.put_blob(encode_update(update)),
            }
            for i, update in enumerate(updates)
        ]  # fmt: skip
    return platform


def start(base, folder):
    argv = [sys.executable, "-m", "training_cluster.anchor", "--platform", base, "--run", "a-run"]
    env = {**os.environ, "COMMONWEAVE_RUN_TOKEN": "a-token"}
    with (folder.parent / f"{folder.name}.log").open("ab") as log:
        return subprocess.Popen(
            [*argv, "--state", str(folder)], env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )


def work(platform, folder, kill_after=()):
    """Until all rounds are closed; killed whenever the next of these numbers of requests was answered."""
    served, waits = HttpPlatform(platform), list(kill_after)
    try:
        process, until = start(served.base, folder), time.monotonic() + 240
        while len(platform.closes) < ROUNDS:
            assert time.monotonic() < until, (folder.parent / f"{folder.name}.log").read_text()
            assert process.poll() is None
            if waits and served.requests >= waits[0]:
                waits.pop(0)
                end(process)
                process = start(served.base, folder)
            time.sleep(0.002)
        end(process)
    finally:
        served.close()
    assert not waits


def end(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def state_of(platform, folder: Path):
    """Hashes of the published weights and the newest checkpoint's tensors."""
    slot = (folder / "anchor.safetensors").read_text().partition(" ")[0]
    tensors = load_file(folder / f"anchor.safetensors.{slot}")
    return platform.rounds[:ROUNDS], {
        name: hashlib.sha256(t.numpy().tobytes()).hexdigest() for name, t in tensors.items()
    }


def test_killed_at_any_moment_it_ends_bit_equal_with_an_undisturbed_run(tmp_path):
    size = Anchor(MemoryPlatform(), "a-run", tmp_path / "probe").weights.theta.numel()
    calm, rough = platform_with_work(size), platform_with_work(size)
    work(calm, tmp_path / "calm")
    work(rough, tmp_path / "rough", KILL_AFTER)
    assert state_of(rough, tmp_path / "rough") == state_of(calm, tmp_path / "calm")
    assert [close["held_out_loss"] for close in rough.closes.values()] == [
        close["held_out_loss"] for close in calm.closes.values()
    ]
    assert all(len(close["contributions"]) == 3 for close in rough.closes.values())


def test_an_anchor_that_cannot_begin_says_why(tmp_path):
    platform = MemoryPlatform()
    shard = {"sha256": platform.put_blob(b"not a tokenizer" * 10), "bytes": 150}
    platform.spec["tokenizer"] = shard
    served = HttpPlatform(platform)
    try:
        process = start(served.base, tmp_path / "state")
        assert process.wait(120) == 1
    finally:
        served.close()
    assert len(platform.troubles) == 1
    assert platform.troubles[0].startswith("This is no tokenizer")
