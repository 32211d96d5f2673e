"""Building the model of a specification, and its weights as one flat vector and as bytes.

Any causal language model of `transformers` on the allow-list, built from its configuration alone: no remote code, no
pickle, no download. Weights travel as safetensors in float16.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any

os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"

import torch
from safetensors.torch import load, save
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from training_cluster.hardware import memory_available
from training_cluster.spec import MAX_PARAMETERS, RunSpec, SpecError, check_config

KINDS = {"gpt2": (GPT2Config, GPT2LMHeadModel), "llama": (LlamaConfig, LlamaForCausalLM)}
# Dropout would need its random state replayed too; a run of a single epoch has no use for it.
FIXED = {"gpt2": {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}, "llama": {"attention_dropout": 0.0}}


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


def build_model(spec: RunSpec, seed: int = 0) -> nn.Module:
    """The model with weights drawn from `seed`. Raises SpecError when it is too large."""
    check_config(spec.config)
    kind = spec.config["model_type"]
    config_class, model_class = KINDS[kind]
    sizes = {key: value for key, value in spec.config.items() if key != "model_type"}
    config = config_class(
        **sizes, **FIXED[kind], use_cache=False, bos_token_id=0, eos_token_id=0, attn_implementation="sdpa"
    )
    with torch.device("meta"):
        size = sum(parameter.numel() for parameter in model_class(config).parameters())
    if size > MAX_PARAMETERS:
        raise SpecError(f"{size:,} parameters are more than {MAX_PARAMETERS:,}.")
    require_memory(size)
    torch.manual_seed(seed)
    return model_class(config).train().to(best_device())


def parameters_of(model: nn.Module) -> list[nn.Parameter]:
    """Trainable parameters in a fixed order; tied weights once."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


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


def loss_of(model: nn.Module, tokens: Tensor) -> Tensor:
    """Mean next-token cross-entropy of (batch, sequence + 1) tokens."""
    tokens = tokens.to(next(model.parameters()).device)
    logits = model(input_ids=tokens[:, :-1]).logits
    return nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens[:, 1:].reshape(-1))


def window_of(model: nn.Module) -> int:
    """How many tokens the model sees at once."""
    config: Any = model.config
    return int(getattr(config, "n_positions", 0) or config.max_position_embeddings)


@torch.no_grad()
def complete(model: nn.Module, prompt: str, length: int = 160, seed: int = 0) -> str:
    """The prompt continued byte by byte at temperature 0.8; the same weights give the same text."""
    window = window_of(model)
    generator = torch.Generator().manual_seed(seed)
    tokens, device = list(prompt.encode()), next(model.parameters()).device
    model.eval()
    for _ in range(length):
        logits = model(input_ids=torch.tensor([tokens[-window:]], device=device)).logits[0, -1].float().cpu()
        tokens.append(int(torch.multinomial((logits / 0.8).softmax(0), 1, generator=generator)))
    model.train()
    text = bytes(byte for byte in tokens if 9 <= byte < 127).decode("ascii")
    return text[len(prompt) :]
