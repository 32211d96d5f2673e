"""What the anchor and the agent cost: seconds and memory of a reduction as volunteers grow, an agent's memory by form.

python -m bench.anchor_cost --parameters 1000000 --volunteers 2 8 32 100
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.training_cluster.memory_platform import MemoryPlatform
from training_cluster.block import encode_update, train_block
from training_cluster.exchange_upload import UploadVolunteer
from training_cluster.exchanges import VolunteerExchange
from training_cluster.model import build_model, flatten, parameters_of
from training_cluster.reducing import reduce_files
from training_cluster.robust import Robust
from training_cluster.spec import RunSpec
from training_cluster.volunteer.traffic import Traffic


def reduce_many(size: int, count: int, reduction: str) -> dict[str, Any]:
    """One reduction of `count` updates that lie in files, in a fresh process so that its peak is its own."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number in range(count):
            file = Path(folder) / str(number)
            file.write_bytes(encode_update(torch.randn(size)))
            files.append((file, 10.0))
        before, begun = peak_mib(), time.process_time()
        reduce_files(files, Robust(reduction, 5.0), 0, size)
        seconds = time.process_time() - begun
    return {
        "what": "reduction", "reduction": reduction, "parameters": size, "volunteers": count,
        "cpu_seconds": round(seconds, 3), "more_peak_mib": round(peak_mib() - before, 1),
    }  # fmt: skip


def peak_mib() -> float:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def agent_memory(form: str) -> dict[str, Any]:
    """Resident MiB of an agent that trained a block of the demo's model, with its helper processes."""
    platform = MemoryPlatform()
    platform.spec["config"] = {**platform.spec["config"], "n_layer": 4, "n_embd": 128, "n_head": 4, "n_positions": 64}
    spec = RunSpec.from_body(platform.spec)
    model = build_model(spec)
    theta, tokens = flatten(parameters_of(model)), model.samples(platform.get_blob(spec.held_out.sha256))
    with tempfile.TemporaryDirectory() as folder:
        exchange = open_exchange(form, platform, spec, Path(folder))
        train_block(model, theta, tokens, spec.hyper, seed=1, go_on=lambda done: done < 5)
        found = {"what": "agent", "form": form, "parameters": theta.numel(), "resident_mib": round(resident_mib(), 1)}
        exchange.close()
    return found


def open_exchange(form: str, platform: MemoryPlatform, spec: RunSpec, folder: Path) -> VolunteerExchange:
    """Either form; hivemind's against this module's `--peer` in another process."""
    if form == "upload":
        return UploadVolunteer(platform, Ed25519PrivateKey.generate())
    # Only here: it would count for the other form.
    from training_cluster.exchange_hivemind import HivemindVolunteer

    address = os.environ["BENCH_PEER"]
    run = {"anchor_addresses": [address], "anchor_peer_ids": [address.rsplit("/", 1)[-1]], "run_id": spec.run_id}
    return HivemindVolunteer(spec, 834_304, run, folder / "peer", Traffic())


def tree(pid: int) -> list[int]:
    """A process and what it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in tree(int(child)))]


def resident_mib() -> float:
    """Resident memory of this program and its helpers; pages that they share count once."""
    lines = [line for pid in tree(os.getpid()) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def alone(*arguments: str) -> None:
    """One measurement in a fresh process, so that peaks are its own."""
    subprocess.run([sys.executable, "-m", "bench.anchor_cost", *arguments], check=True)


def measure_agents() -> None:
    """Both forms, each in its own process; the peer that hivemind's form calls is not counted."""
    alone("--agent", "upload")
    from training_cluster.exchange import start_dht

    with tempfile.TemporaryDirectory() as folder:
        dht = start_dht(listen="/ip4/127.0.0.1/tcp/0", announce=None, initial=[], identity=Path(folder) / "key")
        os.environ["BENCH_PEER"] = next(str(a) for a in dht.get_visible_maddrs() if "/127.0.0.1/" in str(a))
        alone("--agent", "hivemind")
        dht.shutdown()


def main() -> None:
    """A line of JSON for each measurement."""
    parser = argparse.ArgumentParser(prog="bench.anchor_cost", description=__doc__)
    parser.add_argument("--parameters", type=int, default=1_000_000)
    parser.add_argument("--volunteers", type=int, nargs="+", default=[2, 8, 32, 100])
    parser.add_argument("--agent", choices=("upload", "hivemind"))
    parser.add_argument("--reduction")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.agent:
        print(json.dumps(agent_memory(chosen.agent)), flush=True)
    elif chosen.reduction:
        print(json.dumps(reduce_many(chosen.parameters, chosen.volunteers[0], chosen.reduction)), flush=True)
    else:
        for reduction in ("mean", "trimmed_mean", "median"):
            for count in chosen.volunteers:
                size = str(chosen.parameters)
                alone("--reduction", reduction, "--parameters", size, "--volunteers", str(count))
        measure_agents()


if __name__ == "__main__":
    main()
