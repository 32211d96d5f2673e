"""The small files beside the weights: configuration and tokenizer, as the model's library reads them."""

from __future__ import annotations

import json
from typing import Any

ARCHITECTURES = {
    "gpt2": "GPT2LMHeadModel", "llama": "LlamaForCausalLM", "mistral": "MistralForCausalLM",
    "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM", "gemma": "GemmaForCausalLM", "bert": "BertForMaskedLM",
    "distilbert": "DistilBertForMaskedLM", "audio-spectrogram-transformer": "ASTModel",
}  # fmt: skip
WEIGHTS, FLAT_WEIGHTS = "model.safetensors", "flat.safetensors"
DIFFUSION_WEIGHTS = "diffusion_pytorch_model.safetensors"


def weights_name(config: dict[str, Any], *, named: bool) -> str:
    """What the model's library looks for; a flat vector has a name of its own."""
    if not named:
        return FLAT_WEIGHTS
    return DIFFUSION_WEIGHTS if "_class_name" in config else WEIGHTS


def config_json(config: dict[str, Any]) -> bytes:
    """What the run declared, with the class that reads it."""
    found = dict(config)
    if (kind := config.get("model_type")) in ARCHITECTURES:
        found |= {"architectures": [ARCHITECTURES[kind]], "torch_dtype": "float16"}
    if "vocab_size" in config:
        found |= {"bos_token_id": 0, "eos_token_id": 0}
    return json.dumps(found, indent=2, sort_keys=True).encode() + b"\n"


def _letters() -> list[str]:
    """A printable letter for each byte, in the order of the bytes: the byte-level alphabet of GPT-2."""
    shown = {*range(33, 127), *range(161, 173), *range(174, 256)}
    letters, next_free = [], 256
    for byte in range(256):
        letters.append(chr(byte) if byte in shown else chr(next_free))
        next_free += byte not in shown
    return letters


def bytes_tokenizer_json() -> bytes:
    """A tokenizer in which each byte is its own token, for a run that declared none."""
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    found: dict[str, Any] = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": level, "post_processor": None, "decoder": level,
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": {letter: byte for byte, letter in enumerate(_letters())}, "merges": [],
        },
    }  # fmt: skip
    return json.dumps(found, ensure_ascii=False).encode() + b"\n"


def tokenizer_config_json() -> bytes:
    """Which class reads tokenizer.json."""
    found = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    return json.dumps(found, indent=2).encode() + b"\n"


def sums(files: list[tuple[str, str]]) -> bytes:
    """Lines of `sha256sum` of (name, hash)."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in files).encode()
