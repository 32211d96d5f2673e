"""A machine with a GPU, checked: tokens a second, a block replayed there and on the CPU, and how far they lie apart.

    python -m bench.gpu_check --layers 12 --width 768 --batch 16 --sequence 512 --steps 50

One line of JSON for each device. `replay_*` are relative distances of updates as audits measure them: of the same block
again on the same device, and of the CPU's replay of the first steps. Without a GPU the CPU's line alone is printed.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import torch

from bench.quality import corpus
from tests.training_cluster.conftest import spec_body
from training_cluster.block import Block, relative_l2, train_block
from training_cluster.learner import Learner
from training_cluster.model import build_model, flatten, parameters_of
from training_cluster.protocol_audit import ACCEPT_RELATIVE_L2
from training_cluster.spec import RunSpec

SEED = 11
WARM_STEPS = 2


def spec_of(chosen: argparse.Namespace) -> RunSpec:
    """A language model over bytes."""
    config = {"model_type": "gpt2", "n_layer": chosen.layers, "n_embd": chosen.width, "n_head": chosen.heads,
              "n_positions": chosen.sequence, "vocab_size": 256}  # fmt: skip
    hyper = {"inner_lr": 0.0005, "outer_lr": 0.7, "outer_momentum": 0.9, "batch": chosen.batch, "max_steps": 10_000,
             "sequence": chosen.sequence, "segment_steps": 10, "round_seconds": 12, "exchange_seconds": 3}  # fmt: skip
    return RunSpec.from_body(spec_body(config=config, hyper=hyper))


def block_of(model: Learner, spec: RunSpec, theta: torch.Tensor, steps: int) -> Block:
    """The product's own block."""
    tokens = model.samples(corpus()[0])
    return train_block(model, theta, tokens, spec.hyper, seed=SEED, go_on=lambda done: done < steps)


def synchronize(device: torch.device) -> None:
    """A GPU's clock is read when its work is done."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def measure(spec: RunSpec, device: torch.device, chosen: argparse.Namespace) -> tuple[dict[str, Any], Block]:
    """Speed and replay on one device; the block of the first `--cpu-steps` steps."""
    model = build_model(spec).to(device)
    theta = flatten(parameters_of(model))
    block_of(model, spec, theta, WARM_STEPS)
    synchronize(device)
    begun = time.monotonic()
    first = block_of(model, spec, theta, chosen.steps)
    synchronize(device)
    seconds = time.monotonic() - begun
    again = block_of(model, spec, theta, chosen.steps)
    tokens = chosen.steps * chosen.batch * chosen.sequence
    name = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    peak = torch.cuda.max_memory_allocated() / 2**30 if device.type == "cuda" else 0.0
    row = {
        "device": name, "parameters": theta.numel(), "steps": chosen.steps, "tokens_a_second": round(tokens / seconds),
        "seconds": round(seconds, 2), "peak_gib": round(peak, 2), "loss_first": first.losses[0],
        "loss_last": first.losses[-1], "replay_same_device": relative_l2(first.update, again.update),
    }  # fmt: skip
    return row, block_of(model, spec, theta, chosen.cpu_steps)


def main() -> None:
    """The CPU, the GPU where there is one, and their distance."""
    parser = argparse.ArgumentParser(prog="bench.gpu_check", description=__doc__)
    for name, value in (("layers", 12), ("width", 768), ("heads", 12), ("batch", 16), ("sequence", 512), ("steps", 50)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--cpu-steps", type=int, default=3, help="steps of the block that both devices compute")
    chosen = parser.parse_args()
    spec = spec_of(chosen)
    if not torch.cuda.is_available():
        row, _ = measure(spec, torch.device("cpu"), chosen)
        print(json.dumps({**row, "note": "there is no GPU here"}), flush=True)
        return
    row, on_gpu = measure(spec, torch.device("cuda"), chosen)
    model = build_model(spec)
    theta = flatten(parameters_of(model))
    on_cpu = block_of(model.cpu(), spec, theta, chosen.cpu_steps)
    apart = relative_l2(on_gpu.update, on_cpu.update)
    losses = max(abs(a - b) for a, b in zip(on_gpu.losses, on_cpu.losses, strict=True))
    print(json.dumps({
        **row, "cpu_steps": chosen.cpu_steps, "replay_on_cpu": apart, "largest_loss_difference": losses,
        "passes_an_audit": apart <= ACCEPT_RELATIVE_L2,
    }), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
