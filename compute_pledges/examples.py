"""A small configuration for each task, which any machine trains: where a creator may begin."""

from __future__ import annotations

from typing import Any

from training_cluster.protocol_models import AUDIO, CAUSAL, DIFFUSION, MASKED

DEMO_CONFIG: dict[str, Any] = {
    "model_type": "gpt2", "n_layer": 4, "n_embd": 128, "n_head": 4, "n_positions": 64, "vocab_size": 256,
}  # fmt: skip
EXAMPLES: dict[str, dict[str, Any]] = {
    CAUSAL: DEMO_CONFIG,
    DIFFUSION: {
        "_class_name": "UNet2DModel", "sample_size": 16, "in_channels": 3, "out_channels": 3, "layers_per_block": 1,
        "block_out_channels": [32, 64], "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
        "up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "norm_num_groups": 8,
    },
    MASKED: {
        "model_type": "bert", "num_hidden_layers": 4, "hidden_size": 128, "num_attention_heads": 4,
        "intermediate_size": 512, "max_position_embeddings": 64, "vocab_size": 257,
    },
    AUDIO: {
        "model_type": "audio-spectrogram-transformer", "num_hidden_layers": 4, "hidden_size": 128,
        "num_attention_heads": 4, "intermediate_size": 512, "patch_size": 16, "max_length": 128, "num_mel_bins": 64,
    },
}  # fmt: skip
