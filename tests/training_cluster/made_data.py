"""Data made here for each task: words, shapes, tones. Nothing is downloaded."""

import io
import json

import numpy as np
import torch
from PIL import Image, ImageDraw

TEXT = b"def add(left, right):\n    return left + right\n\n\n" * 400


def images(count=64, side=16):
    """Discs and squares of random place and color, as raw bytes of (side, side, 3)."""
    random = np.random.default_rng(3)
    rows = []
    for index in range(count):
        picture = Image.new("RGB", (side, side), (16, 16, 32))
        x, y = (int(v) for v in random.integers(1, side // 2, 2))
        box = (x, y, x + side // 3, y + side // 3)
        color = tuple(int(v) for v in random.integers(128, 255, 3))
        draw = ImageDraw.Draw(picture)
        (draw.ellipse if index % 2 else draw.rectangle)(box, fill=color)
        rows.append(picture.tobytes())
    return b"".join(rows)


def tones(seconds=3):
    """Three tones one after the other, 16-bit mono at 16 kHz."""
    time = np.arange(16_000 * seconds) / 16_000
    pitch = np.choose((time * 4).astype(int) % 3, [220.0, 330.0, 440.0])
    return (np.sin(2 * np.pi * pitch * time) * 12_000).astype("<i2").tobytes()


def tokenizer_json():
    """A small word-level `tokenizer.json`."""
    words = ["[UNK]", "def", "add", "(", ")", "left", "right", ",", ":", "return", "+"]
    return json.dumps(
        {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
            "model": {"type": "WordLevel", "vocab": {w: i for i, w in enumerate(words)}, "unk_token": "[UNK]"},
        }
    ).encode()  # fmt: skip


# As their makers publish them, with what is left out of them here.
STOCK = {
    "Llama-3.2-1B": (
        1_235_814_400,
        {
            "architectures": ["LlamaForCausalLM"],
            "attention_bias": False,
            "attention_dropout": 0.0,
            "bos_token_id": 128000,
            "eos_token_id": 128001,
            "head_dim": 64,
            "hidden_act": "silu",
            "hidden_size": 2048,
            "initializer_range": 0.02,
            "intermediate_size": 8192,
            "max_position_embeddings": 131072,
            "mlp_bias": False,
            "model_type": "llama",
            "num_attention_heads": 32,
            "num_hidden_layers": 16,
            "num_key_value_heads": 8,
            "pretraining_tp": 1,
            "rms_norm_eps": 1e-05,
            "rope_theta": 500000.0,
            "tie_word_embeddings": True,
            "rope_scaling": {
                "factor": 32.0,
                "high_freq_factor": 4.0,
                "low_freq_factor": 1.0,
                "original_max_position_embeddings": 8192,
                "rope_type": "llama3",
            },
            "torch_dtype": "bfloat16",
            "transformers_version": "4.45.0.dev0",
            "use_cache": True,
            "vocab_size": 128256,
        },
    ),
    "Qwen2-0.5B": (
        494_032_768,
        {
            "architectures": ["Qwen2ForCausalLM"],
            "attention_dropout": 0.0,
            "bos_token_id": 151643,
            "eos_token_id": 151643,
            "hidden_act": "silu",
            "hidden_size": 896,
            "initializer_range": 0.02,
            "intermediate_size": 4864,
            "max_position_embeddings": 131072,
            "max_window_layers": 24,
            "model_type": "qwen2",
            "num_attention_heads": 14,
            "num_hidden_layers": 24,
            "num_key_value_heads": 2,
            "rms_norm_eps": 1e-06,
            "rope_theta": 1000000.0,
            "sliding_window": 131072,
            "tie_word_embeddings": True,
            "torch_dtype": "bfloat16",
            "transformers_version": "4.40.1",
            "use_cache": True,
            "use_sliding_window": False,
            "vocab_size": 151936,
        },
    ),
    "Qwen3-0.6B": (
        596_049_920,
        {
            "architectures": ["Qwen3ForCausalLM"],
            "attention_bias": False,
            "attention_dropout": 0.0,
            "bos_token_id": 151643,
            "eos_token_id": 151645,
            "head_dim": 128,
            "hidden_act": "silu",
            "hidden_size": 1024,
            "initializer_range": 0.02,
            "intermediate_size": 3072,
            "max_position_embeddings": 40960,
            "max_window_layers": 28,
            "model_type": "qwen3",
            "num_attention_heads": 16,
            "num_hidden_layers": 28,
            "num_key_value_heads": 8,
            "rms_norm_eps": 1e-06,
            "rope_scaling": None,
            "rope_theta": 1000000,
            "sliding_window": None,
            "tie_word_embeddings": True,
            "torch_dtype": "bfloat16",
            "transformers_version": "4.51.0",
            "use_cache": True,
            "use_sliding_window": False,
            "vocab_size": 151936,
        },
    ),
}
CONFIGS = {
    "gpt2": {"model_type": "gpt2", "n_layer": 1, "n_embd": 32, "n_head": 2, "n_positions": 32, "vocab_size": 256},
    "llama": {
        "model_type": "llama", "num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 4,
        "num_key_value_heads": 2, "intermediate_size": 64, "max_position_embeddings": 32, "vocab_size": 256,
        "tie_word_embeddings": False,
    },
    "qwen2": {
        "model_type": "qwen2", "num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 4,
        "num_key_value_heads": 2, "intermediate_size": 64, "max_position_embeddings": 32, "vocab_size": 256,
        "tie_word_embeddings": True,
    },
    "mistral": {
        "model_type": "mistral", "num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 4,
        "num_key_value_heads": 2, "intermediate_size": 64, "max_position_embeddings": 32, "vocab_size": 256,
        "rope_theta": 1e6, "rms_norm_eps": 1e-5, "sliding_window": None,
    },
    "qwen3": {
        "model_type": "qwen3", "num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 4, "head_dim": 16,
        "num_key_value_heads": 2, "intermediate_size": 64, "max_position_embeddings": 32, "vocab_size": 256,
        "tie_word_embeddings": True, "rope_theta": 1000000,
    },
    "gemma": {
        "model_type": "gemma", "num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 4, "head_dim": 16,
        "num_key_value_heads": 1, "intermediate_size": 64, "max_position_embeddings": 32, "vocab_size": 256,
    },
    "bert": {
        "model_type": "bert", "num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 2,
        "intermediate_size": 64, "max_position_embeddings": 32, "vocab_size": 257,
    },
    "distilbert": {
        "model_type": "distilbert", "n_layers": 1, "dim": 32, "n_heads": 2, "hidden_dim": 64,
        "max_position_embeddings": 32, "vocab_size": 257,
    },
    "UNet2DModel": {
        "_class_name": "UNet2DModel", "sample_size": 16, "in_channels": 3, "out_channels": 3, "layers_per_block": 1,
        "block_out_channels": [16, 32], "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
        "up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "norm_num_groups": 8,
    },
    "audio-spectrogram-transformer": {
        "model_type": "audio-spectrogram-transformer", "num_hidden_layers": 1, "hidden_size": 32,
        "num_attention_heads": 2, "intermediate_size": 64, "patch_size": 8, "max_length": 32, "num_mel_bins": 16,
    },
}  # fmt: skip
DATA = {"causal-lm": TEXT, "masked-lm": TEXT, "image-diffusion": images(), "audio-representation": tones()}


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def opened(payload):
    return Image.open(io.BytesIO(payload))
