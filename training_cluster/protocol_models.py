"""Which models can be declared: the allow-list of architectures, their keys with bounds, and what they cost.

A configuration is hostile input. It is a Hugging Face `config.json`, of which only whole numbers within bounds and
words from a list reach the library; nothing here can name code. Standard library only, shared by both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from training_cluster.protocol_rotary import ROTARY_NUMBERS, ROTATIONS, RotaryRefused, check_rotary
from training_cluster.protocol_shapes import ast, bert, distilbert, gemma, gpt2, llama, qwen2, qwen3, unet
from training_cluster.protocol_tally import Tally

MAX_PARAMETERS = 2_000_000_000
CAUSAL, DIFFUSION, MASKED, AUDIO = "causal-lm", "image-diffusion", "masked-lm", "audio-representation"
TASKS = {
    CAUSAL: "Causal language model",
    DIFFUSION: "Image diffusion",
    MASKED: "Masked language model",
    AUDIO: "Audio representation",
}
FORMATS = {CAUSAL: "text", MASKED: "text", DIFFUSION: "images-u8", AUDIO: "audio-s16"}
Bounds = tuple[int, int]
WIDTH, LAYERS, HEADS, INNER = (8, 16_384), (1, 200), (1, 256), (8, 65_536)
VOCABULARY, POSITIONS, HEAD = (2, 500_000), (8, 1_048_576), (2, 1024)
# What real files carry besides the architecture. It is left out, said to the creator, and never reaches a volunteer:
# dropout is off (an epoch is never repeated), and the attention kernel is the cluster's to choose.
LEFT_OUT = frozenset(
    {
        "architectures", "transformers_version", "_diffusers_version", "_name_or_path", "torch_dtype", "dtype",
        "use_cache", "bos_token_id", "eos_token_id", "pad_token_id", "initializer_range", "classifier_dropout",
        "resid_pdrop", "embd_pdrop", "attn_pdrop", "attention_dropout", "hidden_dropout_prob", "dropout",
        "attention_probs_dropout_prob", "summary_activation", "summary_first_dropout", "summary_proj_to_labels",
        "summary_type", "summary_use_proj", "task_specific_params", "pretraining_tp", "seq_classif_dropout",
        "qa_dropout", "gradient_checkpointing", "attn_implementation", "_attn_implementation",
    }
)  # fmt: skip


class ConfigRefused(ValueError):
    """The configuration may not be trained; the message says why."""


@dataclass(frozen=True, slots=True)
class Family:
    """One architecture. `fixed` keys may be present with this one value only; `lists` hold items within bounds.

    `numbers` may be fractions, `added` keys are written into every configuration with their one value, and `is_rotary`
    models may say how their positions turn.
    """

    task: str
    measure: Callable[[dict[str, Any]], Tally]
    whole: dict[str, Bounds]
    optional: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, Bounds | tuple[str, ...]] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    numbers: dict[str, tuple[float, float]] = field(default_factory=dict)
    added: dict[str, Any] = field(default_factory=dict)
    is_rotary: bool = False
    layers: Callable[[dict[str, Any]], int] = lambda _config: 1
    width: Callable[[dict[str, Any]], int] = lambda _config: 1
    divided: tuple[tuple[str, str], ...] = ()


def _text(task: str, measure: Callable[[dict[str, Any]], Tally], names: str, **more: Any) -> Family:
    """A transformer over tokens; `names` are its keys for layers, width, heads, positions and inner width."""
    layers, width, heads, positions, *inner = names.split()
    whole = {layers: LAYERS, width: WIDTH, heads: HEADS, positions: POSITIONS, "vocab_size": VOCABULARY}
    whole |= dict.fromkeys(inner, INNER)
    return Family(
        task, measure, whole, layers=lambda c: int(c[layers]), width=lambda c: int(c[width]),
        divided=((width, heads), *more.pop("divided", ())), **more,
    )  # fmt: skip


_LLAMA = "num_hidden_layers hidden_size num_attention_heads max_position_embeddings intermediate_size"


def _rotary(measure: Callable[[dict[str, Any]], Tally], *, whole: dict[str, Bounds], **more: Any) -> Family:
    """A decoder of Llama's kind. What the libraries give different defaults must be in the file: it is released too."""
    optional = {"num_key_value_heads": HEADS, "head_dim": HEAD, "tie_word_embeddings": bool}
    family = _text(
        CAUSAL, measure, _LLAMA, optional={key: value for key, value in optional.items() if key not in whole},
        numbers=ROTARY_NUMBERS, is_rotary=True, divided=(("num_attention_heads", "num_key_value_heads"),),
        **more,
    )  # fmt: skip
    return replace(family, whole=family.whole | whole)


FAMILIES: dict[str, Family] = {
    "gpt2": _text(
        CAUSAL, gpt2, "n_layer n_embd n_head n_positions",
        fixed={"activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "n_inner": None, "n_ctx": ...},
    ),
    "llama": _rotary(llama, whole={}, fixed={"hidden_act": "silu", "attention_bias": False, "mlp_bias": False}),
    "mistral": _rotary(
        llama, whole={"num_key_value_heads": HEADS}, fixed={"hidden_act": "silu"}, added={"sliding_window": None},
    ),
    "qwen2": _rotary(
        qwen2, whole={"num_key_value_heads": HEADS},
        fixed={"hidden_act": "silu", "use_sliding_window": False, "sliding_window": ..., "max_window_layers": ...,
               "use_mrope": False},
    ),
    "qwen3": _rotary(
        qwen3, whole={"num_key_value_heads": HEADS, "head_dim": HEAD},
        fixed={"hidden_act": "silu", "attention_bias": False, "use_sliding_window": False, "sliding_window": ...,
               "max_window_layers": ...},
    ),
    "gemma": _rotary(
        gemma, whole={"num_key_value_heads": HEADS, "head_dim": HEAD},
        fixed={"hidden_act": ..., "hidden_activation": ..., "attention_bias": False},
    ),
    "UNet2DModel": Family(
        DIFFUSION, unet,
        {"sample_size": (8, 256), "in_channels": (1, 4), "out_channels": (1, 4), "layers_per_block": (1, 8)},
        optional={"norm_num_groups": (1, 64), "attention_head_dim": (1, 256)},
        lists={
            "block_out_channels": (8, 2048),
            "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
            "up_block_types": ("UpBlock2D", "AttnUpBlock2D"),
        },
        fixed={"act_fn": "silu", "center_input_sample": False, "downsample_padding": 1, "flip_sin_to_cos": True,
               "freq_shift": 0, "mid_block_scale_factor": 1, "norm_eps": ..., "time_embedding_type": "positional"},
        layers=lambda c: len(c["block_out_channels"]), width=lambda c: int(max(c["block_out_channels"])),
    ),
    "bert": _text(
        MASKED, bert, _LLAMA, optional={"type_vocab_size": (1, 16)},
        fixed={"hidden_act": "gelu", "layer_norm_eps": 1e-12, "position_embedding_type": "absolute"},
    ),
    "distilbert": _text(
        MASKED, distilbert, "n_layers dim n_heads max_position_embeddings hidden_dim",
        fixed={"activation": "gelu", "sinusoidal_pos_embds": False, "tie_weights_": True},
    ),
    "audio-spectrogram-transformer": Family(
        AUDIO, ast,
        {"num_hidden_layers": LAYERS, "hidden_size": WIDTH, "num_attention_heads": HEADS, "intermediate_size": INNER,
         "patch_size": (2, 64), "max_length": (8, 4096), "num_mel_bins": (8, 256)},
        optional={"frequency_stride": (2, 64), "time_stride": (2, 64)},
        fixed={"hidden_act": "gelu", "layer_norm_eps": 1e-12, "qkv_bias": True},
        layers=lambda c: int(c["num_hidden_layers"]), width=lambda c: int(c["hidden_size"]),
        divided=(("hidden_size", "num_attention_heads"), ("max_length", "patch_size"), ("num_mel_bins", "patch_size")),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked configuration and what it costs. `positions`: tokens, pixels or patches that one sample has."""

    kind: str
    task: str
    config: dict[str, Any]
    left_out: tuple[str, ...]
    layers: int
    width: int
    positions: int
    tally: Tally


def kind_of(config: dict[str, Any]) -> str:
    """The name of the architecture, of `transformers` or `diffusers`."""
    return str(config.get("model_type") or config.get("_class_name") or "")


def plan_of(config: dict[str, Any], sequence: int) -> Plan:
    """Check a configuration and count it for samples of `sequence` tokens (text only). Raises ConfigRefused."""
    kind = kind_of(config)
    if kind not in FAMILIES:
        raise ConfigRefused(f"The model type must be one of {', '.join(FAMILIES)}; {kind[:60]!r} is not trained here.")
    family = FAMILIES[kind]
    kept = check_config(config, family)
    window = kept.get("n_positions") or kept.get("max_position_embeddings") or sequence
    if family.task in (CAUSAL, MASKED) and sequence > window:
        raise ConfigRefused(f"Sequences of {sequence} tokens are longer than the model's window of {window}.")
    measured = kept | {"sequence": sequence}
    tally = family.measure(measured)
    if tally.parameters > MAX_PARAMETERS:
        raise ConfigRefused(f"{tally.parameters:,} parameters are more than {MAX_PARAMETERS:,}.")
    left_out = tuple(sorted(set(config) - set(kept)))
    positions = positions_of(kept, family, sequence)
    return Plan(kind, family.task, kept, left_out, family.layers(kept), family.width(kept), positions, tally)


def positions_of(config: dict[str, Any], family: Family, sequence: int) -> int:
    """Tokens of a text, pixels of an image, patches of a spectrogram."""
    if family.task == DIFFUSION:
        return int(config["sample_size"] ** 2)
    if family.task == AUDIO:
        return int(config["num_mel_bins"] // config["patch_size"] * (config["max_length"] // config["patch_size"]))
    return sequence


def check_config(config: dict[str, Any], family: Family) -> dict[str, Any]:
    """The keys that reach the library. Raises ConfigRefused for a key or value outside the allow-list."""
    name = "_class_name" if "_class_name" in config else "model_type"
    known = {name, *family.whole, *family.optional, *family.lists, *family.numbers, *family.added}
    _check_fixed(config, family.fixed | family.added)
    turning = _rotation(config, family)
    config = {key: value for key, value in config.items() if key not in ROTATIONS}
    if unknown := sorted(str(key) for key in set(config) - known - LEFT_OUT - set(family.fixed)):
        raise ConfigRefused(f"These keys are not allowed: {', '.join(unknown)[:200]}.")
    kept = {key: value for key, value in config.items() if key in known} | family.added | turning
    for key, bounds in family.whole.items():
        _check_whole(key, kept.get(key), bounds)
    for key, allowed in family.optional.items():
        if key in kept:
            _check_optional(key, kept[key], allowed)
    for key, (low, high) in family.numbers.items():
        if key in kept:
            _check_number(key, kept[key], low, high)
    _check_lists(kept, family)
    for dividend, divisor in family.divided:
        if divisor in kept and kept[dividend] % kept[divisor]:
            raise ConfigRefused(f"{dividend} must be a multiple of {divisor}.")
    return kept


def _rotation(config: dict[str, Any], family: Family) -> dict[str, Any]:
    """How positions turn, checked; empty where nothing is said. Raises ConfigRefused."""
    given = {key: config[key] for key in ROTATIONS if config.get(key) is not None}
    if given and not family.is_rotary:
        raise ConfigRefused(f"These keys are not allowed: {', '.join(given)}.")
    if family.is_rotary:
        try:
            check_rotary(config, given)
        except RotaryRefused as error:
            raise ConfigRefused(str(error)) from error
    return given


def _check_fixed(config: dict[str, Any], fixed: dict[str, Any]) -> None:
    for key, value in fixed.items():
        if key in config and value is not ... and config[key] != value:
            raise ConfigRefused(f"{key} can only be {value!r} here.")


def _check_whole(key: str, value: object, bounds: Bounds) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not bounds[0] <= value <= bounds[1]:
        raise ConfigRefused(f"{key} must be a whole number from {bounds[0]:,} to {bounds[1]:,}.")


def _check_number(key: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ConfigRefused(f"{key} must be a number from {low:g} to {high:g}.")


def _check_optional(key: str, value: object, allowed: Any) -> None:
    if allowed is not bool:
        _check_whole(key, value, allowed)
    elif not isinstance(value, bool):
        raise ConfigRefused(f"{key} must be true or false.")


def _check_lists(config: dict[str, Any], family: Family) -> None:
    for key, allowed in family.lists.items():
        items = config.get(key)
        if not isinstance(items, list) or not 1 <= len(items) <= 8:
            raise ConfigRefused(f"{key} must be a list of one to eight items.")
        for item in items:
            if isinstance(allowed[0], int):
                _check_whole(f"Each of {key}", item, (allowed[0], int(allowed[1])))
            elif item not in allowed:
                raise ConfigRefused(f"{key} may hold {', '.join(map(str, allowed))}.")
    if len({len(config[key]) for key in family.lists}) > 1:
        raise ConfigRefused(f"{', '.join(family.lists)} must have the same length.")
