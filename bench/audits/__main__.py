"""`make calibrate-audits`: train blocks honestly and otherwise, replay them, and see where a threshold parts them.

Real training code, the demo's model and data (the Python standard library's own source), blocks of 20 and 100 steps.
Prints a table for whole replays, one for single segments and the thresholds in force; ends with status 1 when an honest
block would be refused or another would pass.
"""

from __future__ import annotations

import argparse
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from tests.training_cluster.conftest import HYPER
from tests.training_cluster.made_data import CONFIGS, DATA
from training_cluster.block import Block, decode_update, encode_update, relative_l2
from training_cluster.learner import Learner
from training_cluster.learner_text import CausalLearner, MaskedLearner
from training_cluster.model import build_model, flatten, load_flat, parameters_of
from training_cluster.protocol_audit import (
    ACCEPT_LOSS_DIFFERENCE,
    ACCEPT_RELATIVE_L2,
    ACCEPT_SEGMENT_L2,
    ALIKE_COSINE,
    REJECT_RELATIVE_L2,
    REJECT_SEGMENT_L2,
)
from training_cluster.protocol_hyper import DEFAULT_HYPER
from training_cluster.spec import RunSpec

CONFIG = {"model_type": "gpt2", "n_layer": 4, "n_embd": 128, "n_head": 4, "n_positions": 64, "vocab_size": 256}
DEMO, OTHERS = "demo", ("bert", "UNet2DModel", "audio-spectrogram-transformer")
MODEL_SEED, WARM_STEPS, DATA_BYTES = 5, 60, 1_000_000
SEGMENT = int(DEFAULT_HYPER["segment_steps"])
Skips = Callable[[int], bool]


def run_spec(model: str) -> RunSpec:
    """The demo's model over bytes, or the small one of another task that the tests train."""
    shard = {"sha256": "0" * 64, "bytes": DATA_BYTES}
    config, hyper = (CONFIG, DEFAULT_HYPER) if model == DEMO else (CONFIGS[model], HYPER)
    return RunSpec.from_body({
        "run_id": "calibration", "name": "Calibration", "config": config, "tokenizer": "bytes",
        "data": {"train": shard, "held_out": shard}, "hyper": {**hyper, "segment_steps": SEGMENT}, "prompt": "def ",
    })  # fmt: skip


def corpus() -> bytes:
    """A megabyte of the standard library's source."""
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    return b"".join(file.read_text(errors="ignore").encode("ascii", "ignore") for file in files)[:DATA_BYTES]


def nothing_skipped(_step: int) -> bool:
    """Honest."""
    return False


@dataclass(slots=True)
class Worked:
    """A block with the weights at its beginning and at each segment's end, (P,) each."""

    block: Block
    states: list[Tensor]


class Bench:
    """One model and its data; `work` is `train_block` with a hand in it."""

    def __init__(self, model: str = DEMO) -> None:
        self.spec = run_spec(model)
        self.learner: Learner = build_model(self.spec, seed=MODEL_SEED)
        own = DATA[self.spec.task]
        self.tokens = self.learner.samples(corpus() if isinstance(self.learner, CausalLearner | MaskedLearner) else own)
        self.theta = self.first = flatten(parameters_of(self.learner)).clone()
        # From weights that have learned something: a run spends little time at its random beginning.
        self.theta = self.theta - self.work(WARM_STEPS, 1).block.update

    def work(
        self, steps: int, seed: int, *, skips: Skips = nothing_skipped, theta: Tensor | None = None,
        is_half: bool = False,
    ) -> Worked:  # fmt: skip
        """Train as `train_block` does; a skipped step looks at its batch's loss and learns nothing from it."""
        hyper, start = self.spec.hyper, self.theta if theta is None else theta
        load_flat(self.learner, start)
        parameters = parameters_of(self.learner)
        optimizer = torch.optim.AdamW(parameters, lr=hyper.inner_lr)
        generator = torch.Generator().manual_seed(seed)
        block, states = Block(start), [start.clone()]
        for step in range(steps):
            batch = self.learner.draw(self.tokens, hyper.batch, hyper.sequence, generator)
            with torch.autocast("cpu", torch.bfloat16, enabled=is_half):
                loss = self.learner.loss(batch)
            if not skips(step):
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            block.losses.append(round(loss.item(), 6))
            # Only where segments end: all states of a long block would fill the memory.
            if (step + 1) % SEGMENT == 0:
                states.append(flatten(parameters).clone())
        block.update = start - flatten(parameters)
        return Worked(block, states)

    def on_threads(self, threads: int, work: Callable[[], Worked]) -> Worked:
        """The same with another number of threads, as on another machine."""
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            return work()
        finally:
            torch.set_num_threads(before)


@dataclass(slots=True)
class Row:
    """What was tried: distance of the upload from the replay, largest difference of a loss, whether it is honest."""

    name: str
    steps: int
    distance: float
    loss_difference: float
    is_honest: bool
    is_segment: bool = False

    @property
    def verdict(self) -> str:
        """What the audit says by the thresholds in force."""
        accept, refuse = ACCEPT_RELATIVE_L2, REJECT_RELATIVE_L2
        if self.is_segment:
            accept, refuse = ACCEPT_SEGMENT_L2, REJECT_SEGMENT_L2
        if self.distance > refuse or self.loss_difference > ACCEPT_LOSS_DIFFERENCE:
            return "fails"
        return "passes" if self.distance <= accept else "second audit"


def spread(share: float) -> Skips:
    """Skips that share of the steps, evenly, the last of each stretch."""
    every = round(1 / share)
    return lambda step: step % every == every - 1


def compared(name: str, replay: Worked, upload: Worked, *, is_honest: bool) -> Row:
    """As the auditor compares: against the float16 bytes of the upload."""
    arrived = decode_update(encode_update(upload.block.update), upload.block.update.numel())
    pairs = zip(replay.block.losses, upload.block.losses, strict=True)
    difference = max(abs(a - b) for a, b in pairs)
    return Row(name, replay.block.steps, relative_l2(replay.block.update, arrived), difference, is_honest)


def changed(worked: Worked, update: Tensor, losses: list[float] | None = None) -> Worked:
    """Somebody hands in another update, or other losses."""
    return Worked(Block(update, losses or worked.block.losses), worked.states)


def whole_replays(bench: Bench, steps: int, seed: int) -> Iterator[Row]:
    """Everything that is tried with a whole block."""
    replay = bench.work(steps, seed)
    yield compared("same machine", replay, bench.work(steps, seed), is_honest=True)
    yield compared("another thread count", replay, bench.on_threads(2, lambda: bench.work(steps, seed)), is_honest=True)
    yield compared("bf16 (the agent never does)", replay, bench.work(steps, seed, is_half=True), is_honest=False)
    for percent in (1, 3, 5, 10, 50):
        if steps * percent >= 100:
            shaved = bench.work(steps, seed, skips=spread(percent / 100))
            yield compared(f"{percent} % of the steps skipped, losses computed", replay, shaved, is_honest=False)
            yield last_skipped(bench, replay, steps, seed, percent)
    yield compared("other data", replay, bench.work(steps, seed + 1000), is_honest=False)
    stale = bench.work(steps, seed, theta=bench.theta + replay.block.update)
    yield compared("stale weights", replay, stale, is_honest=False)
    noise = torch.randn_like(replay.block.update) * replay.block.update.std()
    yield compared("noise", replay, changed(replay, noise), is_honest=False)
    yield compared("the update 1 % larger", replay, changed(replay, replay.block.update * 1.01), is_honest=False)
    poison = replay.block.update + noise * 0.01
    yield compared("poison of 1 % of the norm", replay, changed(replay, poison), is_honest=False)
    poison = replay.block.update + noise * 0.05
    yield compared("poison of 5 % of the norm", replay, changed(replay, poison), is_honest=False)


def last_skipped(bench: Bench, replay: Worked, steps: int, seed: int, percent: int) -> Row:
    """The end was never computed: its losses are guessed from the mean of the last ten."""
    count = max(1, steps * percent // 100)
    short = bench.work(steps - count, seed)
    tail = short.block.losses[-10:]
    guessed = short.block.losses + [round(sum(tail) / len(tail), 6)] * count
    name = f"last {percent} % never computed, losses guessed"
    return compared(name, replay, changed(replay, short.block.update, guessed), is_honest=False)


def segments(bench: Bench, steps: int, seed: int) -> Iterator[Row]:
    """Distance within single segments, relative to the segment's own movement; the largest of the block's."""

    def furthest(name: str, other: Worked, *, is_honest: bool) -> Row:
        distances = []
        for number in range(1, len(replay.states)):
            own = replay.states[number] - replay.states[number - 1]
            distances.append(relative_l2(own, other.states[number] - other.states[number - 1]))
        # An honest block must pass wherever it is looked at; another must fail where it was not honest.
        return Row(name, steps, max(distances), 0.0, is_honest, is_segment=True)

    replay = bench.work(steps, seed)
    yield furthest("another thread count", bench.on_threads(2, lambda: bench.work(steps, seed)), is_honest=True)
    yield furthest("bf16 (the agent never does)", bench.work(steps, seed, is_half=True), is_honest=False)
    for percent in (1, 3, 5, 10):
        if steps * percent >= 100:
            shaved = bench.work(steps, seed, skips=spread(percent / 100))
            yield furthest(f"{percent} % of the steps skipped", shaved, is_honest=False)


def cosines(bench: Bench, steps: int, seed: int) -> tuple[float, float]:
    """How alike two honest updates of one round are: (in a run's first round, later)."""
    found = []
    for theta in (bench.first, bench.theta):
        updates = {str(s): bench.work(steps, s, theta=theta).block.update for s in (seed, seed + 1000)}
        found.append(float(torch.cosine_similarity(*updates.values(), dim=0)))
    return found[0], found[1]


def merged(rows: list[Row]) -> list[Row]:
    """Over the seeds: the worst of the honest, the least conspicuous of the others."""
    found: dict[tuple[str, int], Row] = {}
    for row in rows:
        kept = found.setdefault((row.name, row.steps), row)
        pick = max if row.is_honest else min
        kept.distance = pick(kept.distance, row.distance)
        kept.loss_difference = pick(kept.loss_difference, row.loss_difference)
    return list(found.values())


def show(title: str, rows: list[Row]) -> None:
    """A table of Markdown, so that the record can hold it as it is."""
    print(
        f"\n{title}\n\n| What | Steps | Relative L2 | Largest difference of a loss | The audit |\n|---|---|---|---|---|"
    )
    for row in rows:
        print(f"| {row.name} | {row.steps} | {row.distance:.5f} | {row.loss_difference:.5f} | {row.verdict} |")


def wrong(rows: list[Row]) -> list[str]:
    """Rows that the thresholds judge otherwise than they should. An update as near as 1 % is told, not demanded."""
    refused = [f"honest but {row.verdict}: {row.name}" for row in rows if row.is_honest and row.verdict != "passes"]
    within = ("the update 1 %", "poison of 1 %")
    passed = [
        f"passes: {row.name}, {row.steps} steps"
        for row in rows
        if not row.is_honest and row.verdict == "passes" and not row.name.startswith(within)
    ]
    return refused + passed


def main() -> int:
    """Run everything; minutes on two cores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, nargs="+", default=[20, 100])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--model", choices=[DEMO, *OTHERS], default=DEMO, help="the demo's, or a small one of a task")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    began, bench = time.monotonic(), Bench(chosen.model)
    pairs: list[tuple[float, float]] = []
    whole: list[Row] = []
    parts: list[Row] = []
    for steps in chosen.steps:
        for seed in range(11, 11 + chosen.seeds):
            torch.manual_seed(seed)
            whole += whole_replays(bench, steps, seed)
            pairs.append(cosines(bench, steps, seed))
            if steps >= 100:
                parts += segments(bench, steps, seed)
        print(f"{time.monotonic() - began:6.0f} s  blocks of {steps} steps", file=sys.stderr, flush=True)
    whole, parts = merged(whole), merged(parts)
    show("Whole replays", whole)
    show(f"The furthest segment of {SEGMENT} steps", parts)
    print(f"\nAccepted up to {ACCEPT_RELATIVE_L2} (within a segment {ACCEPT_SEGMENT_L2}), refused above "
          f"{REJECT_RELATIVE_L2} ({REJECT_SEGMENT_L2}); a loss may differ by {ACCEPT_LOSS_DIFFERENCE}.")  # fmt: skip
    first, later = (max(values) for values in zip(*pairs, strict=True))
    print(f"Two honest updates of a round have a cosine of up to {first:.3f} in the first round, {later:.3f} later; "
          f"above {ALIKE_COSINE} both are replayed.")  # fmt: skip
    problems = wrong(whole + parts)
    print("\n".join(problems) or "Every honest block passes, none of the others does.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
