"""Held-out loss of rounds against tuned data-parallel training (DDP) at equal tokens, with the real blocks.

DDP with W workers is one optimizer on W times the batch: averaging gradients each step is the same arithmetic. Both
train with AdamW at a constant rate on the standard library of Python, both are judged on files that neither saw.

    nice -n 15 python -m bench.quality --tune
    nice -n 15 python -m bench.quality --rate 0.004 --seeds 1 2 3 --rounds 20 100 500
"""

from __future__ import annotations

import argparse
import json
import sysconfig
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor

from tests.training_cluster.conftest import spec_body
from training_cluster.block import train_block
from training_cluster.data import held_out_loss
from training_cluster.model import build_model, flatten, load_flat, parameters_of
from training_cluster.robust import Robust
from training_cluster.spec import RunSpec
from training_cluster.weights import Weights

WORKERS, BATCH, SEQUENCE = 4, 8, 64
GRID = (0.00025, 0.0005, 0.001, 0.002, 0.004)
HELD_OUT_EVERY = 10


def corpus() -> tuple[bytes, bytes]:
    """(train, held out): every tenth module of the standard library is held out."""
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    parts = [b"", b""]
    for number, file in enumerate(files):
        parts[number % HELD_OUT_EVERY == 0] += file.read_bytes()
    return parts[0], parts[1]


def spec_of(layers: int, width: int, rate: float) -> RunSpec:
    """The run's own kind of specification; outer step and inner optimizer as the platform's defaults."""
    config = {"model_type": "gpt2", "n_layer": layers, "n_embd": width, "n_head": 4, "n_positions": SEQUENCE,
              "vocab_size": 256}  # fmt: skip
    hyper = {"inner_lr": rate, "outer_lr": 0.7, "outer_momentum": 0.9, "batch": BATCH, "sequence": SEQUENCE,
             "max_steps": 10_000, "segment_steps": 1000, "round_seconds": 12, "exchange_seconds": 3}  # fmt: skip
    return RunSpec.from_body(spec_body(config=config, hyper=hyper))


class Trial:
    """A model of one seed, its data and its judge."""

    def __init__(self, spec: RunSpec, seed: int) -> None:
        self.spec, self.seed = spec, seed
        self.model = build_model(spec, seed)
        self.train, self.held_out = (self.model.samples(part) for part in corpus())

    def judge(self, flat: Tensor | None = None) -> float:
        """Held-out loss."""
        if flat is not None:
            load_flat(self.model, flat)
        return held_out_loss(self.model, self.held_out, SEQUENCE)

    def ddp(self, steps: int) -> float:
        """One optimizer on all workers' batches."""
        optimizer = torch.optim.AdamW(parameters_of(self.model), lr=self.spec.hyper.inner_lr)
        generator = torch.Generator().manual_seed(self.seed)
        for _ in range(steps):
            loss = self.model.loss(self.model.draw(self.train, WORKERS * BATCH, SEQUENCE, generator))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return self.judge()

    def rounds(self, steps: int, length: int, folder: Path) -> float:
        """Rounds of `length` steps as the cluster does them: fresh AdamW, float16 updates, Nesterov outside."""
        weights = Weights(self.spec.hyper, flatten(parameters_of(self.model)), folder / "weights")
        for index in range(steps // length):
            updates = [
                train_block(
                    self.model, weights.theta, self.train, self.spec.hyper, seed=self.block_seed(index, worker),
                    go_on=lambda done: done < length,
                ).update.half().float()
                for worker in range(WORKERS)
            ]  # fmt: skip
            weights.step(Robust().reduce(updates, [float(length)] * WORKERS))
        return self.judge(weights.theta)

    def kept(self, steps: int, length: int, folder: Path) -> float:
        """As `rounds`, but each worker keeps the state of its AdamW from round to round."""
        weights = Weights(self.spec.hyper, flatten(parameters_of(self.model)), folder / "weights")
        states: list[dict[str, object] | None] = [None] * WORKERS
        for index in range(steps // length):
            updates = []
            for worker in range(WORKERS):
                load_flat(self.model, weights.theta)
                optimizer = torch.optim.AdamW(parameters_of(self.model), lr=self.spec.hyper.inner_lr)
                if (state := states[worker]) is not None:
                    optimizer.load_state_dict(state)
                self.inner(optimizer, length, self.block_seed(index, worker))
                states[worker] = optimizer.state_dict()
                updates.append((weights.theta - flatten(parameters_of(self.model))).half().float())
            weights.step(Robust().reduce(updates, [float(length)] * WORKERS))
        return self.judge(weights.theta)

    def inner(self, optimizer: torch.optim.Optimizer, steps: int, seed: int) -> None:
        """Steps of one worker."""
        generator = torch.Generator().manual_seed(seed)
        for _ in range(steps):
            loss = self.model.loss(self.model.draw(self.train, BATCH, SEQUENCE, generator))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def block_seed(self, index: int, worker: int) -> int:
        """As leases have it: another one for each round and worker."""
        return self.seed * 1_000_003 + index * 101 + worker


def tell(**row: object) -> None:
    """A line of JSON."""
    print(json.dumps(row), flush=True)


def compare(chosen: argparse.Namespace, seed: int, folder: Path) -> None:
    """DDP, rounds of each length, and kept state once."""
    spec = spec_of(chosen.layers, chosen.width, chosen.rate)
    ddp = Trial(spec, seed).ddp(chosen.steps)
    tell(seed=seed, form="ddp", loss=round(ddp, 4))
    ways = [("reset", length) for length in chosen.rounds] + [("kept", length) for length in chosen.kept]
    for way, length in ways:
        trial, begun = Trial(spec, seed), time.monotonic()
        loss = (trial.rounds if way == "reset" else trial.kept)(chosen.steps, length, folder)
        tell(seed=seed, form=way, length=length, loss=round(loss, 4), over_ddp=round(loss / ddp - 1, 4),
             seconds=round(time.monotonic() - begun, 1))  # fmt: skip


def main() -> None:
    """The grid for DDP's rate, or the comparison."""
    parser = argparse.ArgumentParser(prog="bench.quality", description=__doc__)
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--rate", type=float, default=0.004)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--rounds", type=int, nargs="*", default=[20, 100, 500])
    parser.add_argument("--kept", type=int, nargs="*", default=[100])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--width", type=int, default=64)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.tune:
        for rate in GRID:
            trial, begun = Trial(spec_of(chosen.layers, chosen.width, rate), 0), time.monotonic()
            loss = trial.ddp(chosen.steps)
            size = sum(p.numel() for p in parameters_of(trial.model))
            tell(
                form="ddp", rate=rate, loss=round(loss, 4), parameters=size, seconds=round(time.monotonic() - begun, 1)
            )
        return
    with tempfile.TemporaryDirectory() as folder:
        for seed in chosen.seeds:
            compare(chosen, seed, Path(folder))


if __name__ == "__main__":
    main()
