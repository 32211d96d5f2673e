"""Building the model of a specification, and its weights as one flat vector and as bytes.

The size is known on the meta device before anything is allocated. Weights travel as safetensors in float16.
"""

from __future__ import annotations

import hashlib

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from training_cluster.hardware import memory_available
from training_cluster.learner import Learner, Tokenizer
from training_cluster.learner_text import Bytes
from training_cluster.protocol_models import MAX_PARAMETERS
from training_cluster.spec import RunSpec, SpecError
from training_cluster.tasks import TASKS

# float32: weights, gradient, two moments of AdamW, and three flat copies while an update is made.
BYTES_A_PARAMETER = 28


def best_device() -> torch.device:
    """The accelerator of this machine, or its CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def require_memory(size: int) -> None:
    """Raises SpecError when training `size` parameters would not fit into this machine's free memory."""
    free = torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else memory_available()
    if (needed := size * BYTES_A_PARAMETER) > free:
        raise SpecError(
            f"{size:,} parameters need about {needed / 1e9:.1f} GB of memory; {free / 1e9:.1f} GB are free."
        )


def build_model(spec: RunSpec, seed: int = 0, tokenizer: Tokenizer | None = None) -> Learner:
    """The learner with weights drawn from `seed`. Raises SpecError when it is too large."""
    build, tokenizer = TASKS[spec.task], tokenizer or Bytes()
    with torch.device("meta"):
        size = sum(parameter.numel() for parameter in build(spec.config, tokenizer).parameters())
    if size > MAX_PARAMETERS:
        raise SpecError(f"{size:,} parameters are more than {MAX_PARAMETERS:,}.")
    require_memory(size)
    torch.manual_seed(seed)
    return build(spec.config, tokenizer).train().to(best_device())


def parameters_of(model: nn.Module) -> list[nn.Parameter]:
    """Trainable parameters in a fixed order; tied weights once."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def named_shapes(model: nn.Module) -> list[tuple[str, list[int]]]:
    """Name and sizes of each trainable parameter of the network in the order of the flat vector."""
    named = model.named_parameters()
    return [(name.removeprefix("net."), list(item.shape)) for name, item in named if item.requires_grad]


@torch.no_grad()
def flatten(tensors: list[Tensor] | list[nn.Parameter]) -> Tensor:
    """(P,) float32 on the CPU."""
    return torch.cat([tensor.detach().float().reshape(-1) for tensor in tensors]).cpu()


@torch.no_grad()
def load_flat(model: nn.Module, flat: Tensor) -> None:
    """Write a (P,) vector into the parameters. Raises SpecError when the size differs."""
    parameters = parameters_of(model)
    if flat.numel() != sum(parameter.numel() for parameter in parameters):
        raise SpecError("The weights do not fit this model.")
    offset = 0
    for parameter in parameters:
        parameter.copy_(flat[offset : offset + parameter.numel()].view_as(parameter))
        offset += parameter.numel()


def encode(flat: Tensor) -> bytes:
    """A (P,) vector as safetensors bytes in float16."""
    return save({"flat": flat.half().contiguous()})


def decode(payload: bytes) -> Tensor:
    """(P,) float32 of what `encode` wrote. Raises SpecError for anything else."""
    try:
        flat = load(payload)["flat"]
    except Exception as error:  # the library raises several unrelated types for bytes that are no safetensors
        raise SpecError(f"These bytes are no weights: {error}") from error
    if flat.dtype != torch.float16 or flat.dim() != 1:
        raise SpecError("Weights travel as one float16 vector.")
    return flat.float()


def sha256(payload: bytes) -> str:
    """Hexadecimal digest."""
    return hashlib.sha256(payload).hexdigest()
