"""What this machine does: tokens a second of real training steps, memory, and bandwidth to the platform. A minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch

from training_cluster.client import Api
from training_cluster.hardware import hardware
from training_cluster.model import best_device, parameters_of
from training_cluster.tasks import transformer

BATCH, SEQUENCE = 8, 128
# layers, width, heads: about 0.5 M, 11 M and 124 M parameters.
SIZES = ((2, 128, 2), (6, 384, 6), (12, 768, 12))
SHARE_FOR_STEPS, SHARE_FOR_NETWORK = 0.75, 0.25
PROBE_BYTES = 1 << 20
WARM_UP = 2


@dataclass(frozen=True, slots=True)
class Speed:
    """Of one model: parameters, tokens a second in float32 training, and the bytes it took."""

    parameters: int
    tokens_per_second: float
    memory_bytes: int

    @property
    def flops_per_second(self) -> float:
        """6 FLOP for each token and parameter: forward and backward."""
        return 6 * self.parameters * self.tokens_per_second


def steps_of(layers: int, width: int, heads: int) -> tuple[Callable[[], None], int]:
    """(one training step, parameters) of a small language model on this machine's accelerator."""
    torch.manual_seed(0)
    net = transformer({
        "model_type": "gpt2", "n_layer": layers, "n_embd": width, "n_head": heads, "n_positions": SEQUENCE,
        "vocab_size": 256, "use_cache": False,
    }).train().to(best_device())  # fmt: skip
    parameters = parameters_of(net)
    optimizer = torch.optim.AdamW(parameters, lr=1e-4)
    tokens = torch.randint(0, 256, (BATCH, SEQUENCE), device=best_device())

    def step() -> None:
        loss = torch.nn.functional.cross_entropy(net(input_ids=tokens).logits.flatten(0, 1), tokens.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()

    return step, sum(parameter.numel() for parameter in parameters)


def measure_size(shape: tuple[int, int, int], seconds: float) -> Speed:
    """Steps for `seconds` after two that warm up. Raises torch's out-of-memory errors."""
    on_gpu = best_device().type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    step, size = steps_of(*shape)
    for _ in range(WARM_UP):
        step()
    begun, done = time.perf_counter(), 0
    while done == 0 or time.perf_counter() - begun < seconds:
        step()
        done += 1
    rate = done * BATCH * SEQUENCE / (time.perf_counter() - begun)
    # On a CPU: weights, gradient and AdamW's two moments; activations come on top.
    memory = torch.cuda.max_memory_allocated() if on_gpu else size * 16
    return Speed(size, rate, memory)


def measure_steps(seconds: float) -> Iterator[Speed]:
    """From small to large, as long as memory bears it."""
    for shape in SIZES:
        try:
            yield measure_size(shape, seconds / len(SIZES))
        except (torch.OutOfMemoryError, MemoryError):
            return


def measure_network(api: Api, seconds: float) -> tuple[float, float]:
    """(down, up) in Mbit/s to the platform, by bytes that mean nothing. Raises ApiError, PlatformAway."""
    down = _rate(lambda: len(api.get_bytes(f"/api/v1/device/bandwidth?bytes={PROBE_BYTES}")), seconds / 2)
    payload = bytes(PROBE_BYTES)

    def send() -> int:
        api.post_bytes("/api/v1/device/bandwidth", payload)
        return len(payload)

    return down, _rate(send, seconds / 2)


def _rate(move: Callable[[], int], seconds: float) -> float:
    begun, moved = time.perf_counter(), 0
    while not moved or time.perf_counter() - begun < seconds:
        moved += move()
    return moved * 8 / 1e6 / (time.perf_counter() - begun)


def benchmark(api: Api | None, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Everything, told while it is found. Without `api` the network is left out."""
    speeds = []
    for speed in measure_steps(seconds * SHARE_FOR_STEPS):
        speeds.append(speed)
        say(f"{speed.parameters / 1e6:6.1f} M parameters: {speed.tokens_per_second:10,.0f} tokens/s, "
            f"{speed.flops_per_second / 1e12:.3f} TFLOP/s, {speed.memory_bytes / 2**20:,.0f} MiB")  # fmt: skip
    found: dict[str, Any] = {"hardware": hardware(), "speeds": [asdict(speed) for speed in speeds]}
    if api is not None:
        down, up = measure_network(api, seconds * SHARE_FOR_NETWORK)
        say(f"to the platform: {down:,.1f} Mbit/s down, {up:,.1f} Mbit/s up")
        found |= {"down_mbit": round(down, 2), "up_mbit": round(up, 2)}
    return found
