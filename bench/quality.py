"""Held-out loss of rounds against tuned data-parallel training (DDP) at equal tokens, with the real blocks.

DDP with W workers is one optimizer on W times the batch: averaging gradients each step is the same arithmetic. Rounds
use the block, the robust average and the outer step that runs use by default. All train on the standard library of
Python and are judged on files that none of them saw. Rows are appended to `--out`; those already there are not measured
again, so an interrupted measurement goes on.

    nice -n 19 python -m bench.quality tune --out tuned.jsonl
    nice -n 19 python -m bench.quality compare --rate 0.001 --out quality.jsonl
"""

from __future__ import annotations

import argparse
import json
import math
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tests.training_cluster.conftest import spec_body
from training_cluster.block import train_block
from training_cluster.model import build_model, flatten, load_flat, parameters_of
from training_cluster.robust import Robust
from training_cluster.spec import RunSpec
from training_cluster.weights import Weights

WORKERS, SEQUENCE = 4, 64
RATES = (0.00025, 0.0005, 0.001, 0.002, 0.004)
# (inner rate as a multiple of DDP's, outer rate, outer momentum); the first is DiLoCo's and the default of runs.
OUTER = ((1.0, 0.7, 0.9), (0.5, 0.7, 0.9), (2.0, 0.7, 0.9), (1.0, 0.7, 0.5), (1.0, 1.0, 0.0))
HELD_OUT_EVERY = 10
JUDGED_BATCHES, JUDGED_SIZE = 64, 32
JUDGE_SEED = 999
COSINE_FLOOR = 0.1


def corpus() -> tuple[bytes, bytes]:
    """(train, held out): every tenth module of the standard library is held out."""
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    parts = [b"", b""]
    for number, file in enumerate(files):
        parts[number % HELD_OUT_EVERY == 0] += file.read_bytes()
    return parts[0], parts[1]


def spec_of(chosen: argparse.Namespace, rate: float, outer: tuple[float, float]) -> RunSpec:
    """The run's own kind of specification; what is not named here is the platform's default."""
    config = {"model_type": "gpt2", "n_layer": chosen.layers, "n_embd": chosen.width, "n_head": 4,
              "n_positions": SEQUENCE, "vocab_size": 256}  # fmt: skip
    hyper = {"inner_lr": rate, "outer_lr": outer[0], "outer_momentum": outer[1], "batch": chosen.batch,
             "sequence": SEQUENCE, "max_steps": 10_000, "segment_steps": 1000, "reduction": chosen.reduction,
             "clip": 5.0, "round_seconds": 12, "exchange_seconds": 3}  # fmt: skip
    return RunSpec.from_body(spec_body(config=config, hyper=hyper))


class Trial:
    """A model of one seed, its data and its judge."""

    def __init__(self, spec: RunSpec, seed: int) -> None:
        self.spec, self.hyper, self.seed = spec, spec.hyper, seed
        self.model = build_model(spec, seed)
        self.train, self.held_out = (self.model.samples(part) for part in corpus())

    @torch.no_grad()
    def judge(self) -> float:
        """Held-out loss over 131,072 tokens, the same for every trial."""
        generator = torch.Generator().manual_seed(JUDGE_SEED)
        draws = (self.model.draw(self.held_out, JUDGED_SIZE, SEQUENCE, generator) for _ in range(JUDGED_BATCHES))
        self.model.eval()
        losses = [self.model.loss(batch).item() for batch in draws]
        self.model.train()
        return sum(losses) / len(losses)

    def ddp(self, steps: int, *, is_cosine: bool = False) -> float:
        """One optimizer on all workers' batches, at a constant rate or along a cosine to a tenth of it."""
        optimizer = torch.optim.AdamW(parameters_of(self.model), lr=self.hyper.inner_lr)

        def rate(step: int) -> float:
            cosine = (1 + math.cos(math.pi * step / steps)) / 2
            return self.hyper.inner_lr * (COSINE_FLOOR + (1 - COSINE_FLOOR) * cosine)

        self.inner(optimizer, steps, self.seed, WORKERS * self.hyper.batch, rate if is_cosine else None)
        return self.judge()

    def rounds(self, steps: int, length: int, *, is_kept: bool = False) -> float:
        """Rounds of `length` steps as the cluster does them; `is_kept`: AdamW's state stays from round to round."""
        states: list[dict[str, Any] | None] = [None] * WORKERS
        robust = Robust(self.hyper.reduction, self.hyper.clip)
        with tempfile.TemporaryDirectory() as folder:
            weights = Weights(self.hyper, flatten(parameters_of(self.model)), Path(folder) / "weights")
            for index in range(steps // length):
                work = self.kept if is_kept else self.block
                rows = [work(weights.theta, length, index, worker, states) for worker in range(WORKERS)]
                updates = [row.half().float() for row in rows]
                weights.step(robust.reduce(updates, [float(length)] * WORKERS))
        load_flat(self.model, weights.theta)
        return self.judge()

    def block(self, theta: Tensor, length: int, index: int, worker: int, _states: list[Any]) -> Tensor:
        """A lease's update: AdamW begins fresh."""
        seed = self.block_seed(index, worker)

        def go_on(done: int) -> bool:
            return done < length

        return train_block(self.model, theta, self.train, self.hyper, seed=seed, go_on=go_on).update

    def kept(self, theta: Tensor, length: int, index: int, worker: int, states: list[Any]) -> Tensor:
        """The same with the worker's own state of AdamW."""
        load_flat(self.model, theta)
        optimizer = torch.optim.AdamW(parameters_of(self.model), lr=self.hyper.inner_lr)
        if states[worker] is not None:
            optimizer.load_state_dict(states[worker])
        self.inner(optimizer, length, self.block_seed(index, worker), self.hyper.batch)
        states[worker] = optimizer.state_dict()
        return theta - flatten(parameters_of(self.model))

    def inner(
        self, optimizer: torch.optim.Optimizer, steps: int, seed: int, batch: int,
        rate: Callable[[int], float] | None = None,
    ) -> None:  # fmt: skip
        """Steps of one optimizer."""
        generator = torch.Generator().manual_seed(seed)
        for step in range(steps):
            if rate is not None:
                optimizer.param_groups[0]["lr"] = rate(step)
            loss = self.model.loss(self.model.draw(self.train, batch, SEQUENCE, generator))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def block_seed(self, index: int, worker: int) -> int:
        """As leases have it: another one for each round and worker."""
        return self.seed * 1_000_003 + index * 101 + worker


class Rows:
    """What was measured, one JSON object a line."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        lines = path.read_text().splitlines() if path and path.exists() else []
        self.known = [json.loads(line) for line in lines]

    def measure(self, work: Callable[[], float], **names: Any) -> float:
        """The loss under these names, measured unless it is known."""
        for row in self.known:
            if names.items() <= row.items():
                return float(row["loss"])
        begun, cpu = time.monotonic(), time.process_time()
        row = {**names, "loss": round(work(), 4)}
        row |= {"seconds": round(time.monotonic() - begun, 1), "cpu_seconds": round(time.process_time() - cpu, 1)}
        self.known.append(row)
        print(json.dumps(row), flush=True)
        if self.path:
            with self.path.open("a") as file:
                file.write(json.dumps(row) + "\n")
        return float(row["loss"])


def tune(chosen: argparse.Namespace, rows: Rows) -> None:
    """DDP's rate, then the outer step at that rate in rounds of 100 steps; on a seed that `compare` does not use."""
    steps = chosen.steps
    rates = chosen.rates or RATES
    losses = {
        rate: rows.measure(lambda r=rate: Trial(spec_of(chosen, r, (0.7, 0.9)), 0).ddp(steps), form="ddp", rate=rate)
        for rate in rates
    }
    best = min(losses, key=losses.__getitem__)
    for share, outer_lr, momentum in OUTER[: chosen.outer_tries]:
        spec = spec_of(chosen, best * share, (outer_lr, momentum))
        rows.measure(
            lambda s=spec: Trial(s, 0).rounds(steps, min(100, steps)),
            form="reset", length=100, rate=best * share, outer_lr=outer_lr, momentum=momentum,
        )  # fmt: skip


def compare(chosen: argparse.Namespace, rows: Rows) -> None:
    """DDP, and rounds of each length with the inner state reset and kept, for each seed."""
    spec = spec_of(chosen, chosen.rate, (0.7, 0.9))
    rounds = spec_of(chosen, chosen.rate * chosen.share, (chosen.outer_lr, chosen.momentum))
    for seed in chosen.seeds:
        rows.measure(lambda s=seed: Trial(spec, s).ddp(chosen.steps), seed=seed, form="ddp")
        rows.measure(lambda s=seed: Trial(spec, s).ddp(chosen.steps, is_cosine=True), seed=seed, form="ddp_cosine")
        for form, length in [("reset", n) for n in chosen.rounds] + [("kept", n) for n in chosen.kept]:
            rows.measure(
                lambda s=seed, n=length, f=form: Trial(rounds, s).rounds(chosen.steps, n, is_kept=f == "kept"),
                seed=seed, form=form, length=length, reduction=chosen.reduction,
            )  # fmt: skip
    summarize(rows)


def summarize(rows: Rows) -> None:
    """For each form and length: how far above each seed's DDP it ends, lowest, mean and highest."""
    base = {(row["seed"], row["form"]): row["loss"] for row in rows.known if "length" not in row}
    groups = sorted({(row["form"], row["length"], row["reduction"]) for row in rows.known if "length" in row})
    for form, length, reduction in groups:
        chosen = [
            row
            for row in rows.known
            if (row["form"], row.get("length"), row.get("reduction")) == (form, length, reduction)
        ]
        for against in ("ddp", "ddp_cosine"):
            over = [row["loss"] / base[row["seed"], against] - 1 for row in chosen]
            shares = [round(100 * value, 2) for value in (min(over), sum(over) / len(over), max(over))]
            print(
                json.dumps(
                    {
                        "form": form,
                        "length": length,
                        "reduction": reduction,
                        "seeds": len(over),
                        f"over_{against}_percent": shares,
                    }
                )
            )


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench.quality", description=__doc__)
    parser.add_argument("what", choices=["tune", "compare"])
    parser.add_argument("--rates", type=float, nargs="*")
    parser.add_argument("--outer-tries", type=int, default=len(OUTER))
    parser.add_argument("--rate", type=float, default=0.001, help="DDP's, as `tune` found it")
    parser.add_argument("--share", type=float, default=1.0, help="the blocks' rate as a multiple of DDP's")
    parser.add_argument("--outer-lr", type=float, default=0.7)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--reduction", default="trimmed_mean")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--rounds", type=int, nargs="*", default=[20, 100, 500])
    parser.add_argument("--kept", type=int, nargs="*", default=[20, 100, 500])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def main() -> None:
    """Tune or compare."""
    chosen = parse()
    torch.set_num_threads(1)
    {"tune": tune, "compare": compare}[chosen.what](chosen, Rows(chosen.out))


if __name__ == "__main__":
    main()
