"""The registry of tasks: what each declared architecture is built from, and which learner trains it.

Built from a checked configuration alone: no remote code, no pickle, no download.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"

import transformers

from training_cluster.learner import Learner, Tokenizer
from training_cluster.learner_audio import AudioLearner
from training_cluster.learner_images import DiffusionLearner
from training_cluster.learner_text import CausalLearner, MaskedLearner
from training_cluster.protocol_models import AUDIO, CAUSAL, DIFFUSION, MASKED, kind_of

Config = dict[str, Any]
# Dropout would need its random state replayed too; a run of a single epoch has no use for it.
NO_DROPOUT: dict[str, Config] = {
    "gpt2": {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0},
    "llama": {"attention_dropout": 0.0},
    "mistral": {"attention_dropout": 0.0},
    "qwen2": {"attention_dropout": 0.0},
    "qwen3": {"attention_dropout": 0.0},
    "gemma": {"attention_dropout": 0.0},
    "bert": {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
    "distilbert": {"dropout": 0.0, "attention_dropout": 0.0},
    "audio-spectrogram-transformer": {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
}
CLASSES = {
    "gpt2": ("GPT2Config", "GPT2LMHeadModel"),
    "llama": ("LlamaConfig", "LlamaForCausalLM"),
    "mistral": ("MistralConfig", "MistralForCausalLM"),
    "qwen2": ("Qwen2Config", "Qwen2ForCausalLM"),
    "qwen3": ("Qwen3Config", "Qwen3ForCausalLM"),
    "gemma": ("GemmaConfig", "GemmaForCausalLM"),
    "bert": ("BertConfig", "BertForMaskedLM"),
    "distilbert": ("DistilBertConfig", "DistilBertForMaskedLM"),
    "audio-spectrogram-transformer": ("ASTConfig", "ASTModel"),
}


def transformer(config: Config) -> Any:
    """A model of `transformers`, with PyTorch's own attention."""
    kind = kind_of(config)
    config_class, model_class = (getattr(transformers, name) for name in CLASSES[kind])
    sizes = {key: value for key, value in config.items() if key not in ("model_type", "_class_name")}
    fixed: Config = NO_DROPOUT[kind] | {"attn_implementation": "sdpa"}
    if "vocab_size" in sizes:
        fixed |= {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None}
    return model_class(config_class(**sizes, **fixed))


def causal(config: Config, tokenizer: Tokenizer) -> Learner:
    """A causal language model."""
    config = {**config, "use_cache": False}
    return CausalLearner(transformer(config), tokenizer, window_of(config))


def masked(config: Config, tokenizer: Tokenizer) -> Learner:
    """A masked language model."""
    return MaskedLearner(transformer(config), tokenizer, window_of(config), config["vocab_size"])


def window_of(config: Config) -> int:
    """How many tokens a text model sees at once."""
    return int(config.get("n_positions") or config["max_position_embeddings"])


def diffusion(config: Config, _tokenizer: Tokenizer) -> Learner:
    """A denoiser. `diffusers` is loaded here alone: it takes seconds."""
    import diffusers

    sizes = {key: value for key, value in config.items() if key not in ("model_type", "_class_name")}
    net: Any = diffusers.UNet2DModel(**sizes, dropout=0.0)
    return DiffusionLearner(net, config["sample_size"], config["in_channels"])


def audio(config: Config, _tokenizer: Tokenizer) -> Learner:
    """A spectrogram transformer whose patches do not overlap."""
    patch = config["patch_size"]
    net = transformer({**config, "frequency_stride": patch, "time_stride": patch})
    return AudioLearner(net, config["hidden_size"], patch, config["max_length"], config["num_mel_bins"])


TASKS: dict[str, Callable[[Config, Tokenizer], Learner]] = {
    CAUSAL: causal,
    DIFFUSION: diffusion,
    MASKED: masked,
    AUDIO: audio,
}
