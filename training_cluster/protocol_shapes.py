"""The architectures on the allow-list, each told layer by layer to a tally. Standard library only.

`sequence` is added to a text model's keys by the caller. The counts are held against the libraries' own models on the
meta device by the tests.
"""

from __future__ import annotations

from typing import Any

from training_cluster.protocol_tally import Tally

Config = dict[str, Any]


def _layer(tally: Tally, width: int, inner: int, length: int) -> None:
    """A transformer layer with biases and two layer norms."""
    for _ in range(4):
        tally.linear(width, width, length)
    tally.attention(width, length)
    tally.linear(width, inner, length)
    tally.linear(inner, width, length)
    tally.norm(width, length)
    tally.norm(width, length)


def gpt2(config: Config) -> Tally:
    """GPT2LMHeadModel: learned positions, tied head."""
    tally, width, length = Tally(), config["n_embd"], config["sequence"]
    tally.table(config["vocab_size"], width)
    tally.table(config["n_positions"], width)
    for _ in range(config["n_layer"]):
        _layer(tally, width, 4 * width, length)
    tally.norm(width, length)
    tally.linear(width, config["vocab_size"], length, bias=False, tied=True)
    return tally


def llama(config: Config, *, bias: bool = False, query_norms: bool = False, tied: bool = False) -> Tally:
    """LlamaForCausalLM and MistralForCausalLM: grouped heads, gated inner layer, scales without shifts."""
    tally, width, length = Tally(), config["hidden_size"], config["sequence"]
    heads, inner = config["num_attention_heads"], config["intermediate_size"]
    head = config.get("head_dim") or width // heads
    whole, shared = head * heads, head * config.get("num_key_value_heads", heads)
    tally.table(config["vocab_size"], width)
    for _ in range(config["num_hidden_layers"]):
        tally.linear(width, whole, length, bias=bias)
        tally.linear(width, shared, length, bias=bias)
        tally.linear(width, shared, length, bias=bias)
        tally.linear(whole, width, length, bias=False)
        if query_norms:
            # One scale for all heads of the queries, one for those of the keys.
            tally.norm(head, length * heads, bias=False)
            tally.norm(head, length * shared // head, bias=False)
        tally.attention(whole, length)
        tally.linear(width, inner, length, bias=False)
        tally.linear(width, inner, length, bias=False)
        tally.linear(inner, width, length, bias=False)
        tally.norm(width, length, bias=False)
        tally.norm(width, length, bias=False)
    tally.norm(width, length, bias=False)
    is_tied = bool(config.get("tie_word_embeddings", tied))
    tally.linear(width, config["vocab_size"], length, bias=False, tied=is_tied)
    return tally


def qwen2(config: Config) -> Tally:
    """Qwen2ForCausalLM: as Llama, with biases on query, key and value."""
    return llama(config, bias=True)


def qwen3(config: Config) -> Tally:
    """Qwen3ForCausalLM: as Llama, with scaled queries and keys."""
    return llama(config, query_norms=True)


def gemma(config: Config) -> Tally:
    """GemmaForCausalLM: as Llama, with a head that shares the embeddings unless it is said otherwise."""
    return llama(config, tied=True)


def bert(config: Config) -> Tally:
    """BertForMaskedLM: its head has a layer of its own and shares the embeddings."""
    tally, width, length = Tally(), config["hidden_size"], config["sequence"]
    for rows in (config["vocab_size"], config["max_position_embeddings"], config.get("type_vocab_size", 2)):
        tally.table(rows, width)
    tally.norm(width, length)
    for _ in range(config["num_hidden_layers"]):
        _layer(tally, width, config["intermediate_size"], length)
    _masked_head(tally, width, config["vocab_size"], length)
    return tally


def distilbert(config: Config) -> Tally:
    """DistilBertForMaskedLM."""
    tally, width, length = Tally(), config["dim"], config["sequence"]
    tally.table(config["vocab_size"], width)
    tally.table(config["max_position_embeddings"], width)
    tally.norm(width, length)
    for _ in range(config["n_layers"]):
        _layer(tally, width, config["hidden_dim"], length)
    _masked_head(tally, width, config["vocab_size"], length)
    return tally


def _masked_head(tally: Tally, width: int, vocabulary: int, length: int) -> None:
    tally.linear(width, width, length)
    tally.norm(width, length)
    tally.linear(width, vocabulary, length, tied=True)


def ast(config: Config) -> Tally:
    """ASTModel over patches that do not overlap, and a linear head that predicts each patch."""
    tally, width, patch = Tally(), config["hidden_size"], config["patch_size"]
    patches = config["num_mel_bins"] // patch * (config["max_length"] // patch)
    length = patches + 2
    tally.conv(1, width, patch, patches)
    tally.table(length + 2, width)
    for _ in range(config["num_hidden_layers"]):
        _layer(tally, width, config["intermediate_size"], length)
    tally.norm(width, length)
    tally.linear(width, patch * patch, patches)
    return tally


def unet(config: Config) -> Tally:
    """UNet2DModel of diffusers: residual blocks on falling, then rising resolutions, a time embedding in each."""
    tally, channels, layers = Tally(), config["block_out_channels"], config["layers_per_block"]
    first, last, side = channels[0], channels[-1], config["sample_size"]
    time = 4 * first
    tally.conv(config["in_channels"], first, 3, side * side)
    tally.linear(first, time, 1)
    tally.linear(time, time, 1)
    side = _down(tally, config, channels, time, side)
    for block in ("res", "attention", "res"):
        _residual(tally, last, last, time, side) if block == "res" else _attend(tally, last, side)
    side = _up(tally, config, channels[::-1], time, side)
    tally.norm(first, side * side)
    tally.conv(first, config["out_channels"], 3, side * side)
    tally.activations += layers  # the time embeddings of each block are small: counted as one value a layer
    return tally


def _down(tally: Tally, config: Config, channels: list[int], time: int, side: int) -> int:
    before = channels[0]
    for index, (width, kind) in enumerate(zip(channels, config["down_block_types"], strict=True)):
        for _ in range(config["layers_per_block"]):
            _residual(tally, before, width, time, side)
            before = width
            if kind.startswith("Attn"):
                _attend(tally, width, side)
        if index < len(channels) - 1:
            side = (side + 1) // 2
            tally.conv(width, width, 3, side * side)
    return side


def _up(tally: Tally, config: Config, channels: list[int], time: int, side: int) -> int:
    before, layers = channels[0], config["layers_per_block"] + 1
    for index, (width, kind) in enumerate(zip(channels, config["up_block_types"], strict=True)):
        deeper = channels[min(index + 1, len(channels) - 1)]
        for layer in range(layers):
            skip = deeper if layer == layers - 1 else width
            _residual(tally, before + skip, width, time, side)
            before = width
            if kind.startswith("Attn"):
                _attend(tally, width, side)
        if index < len(channels) - 1:
            side *= 2
            tally.conv(width, width, 3, side * side)
    return side


def _residual(tally: Tally, inputs: int, outputs: int, time: int, side: int) -> None:
    pixels = side * side
    tally.norm(inputs, pixels)
    tally.conv(inputs, outputs, 3, pixels)
    tally.linear(time, outputs, 1)
    tally.norm(outputs, pixels)
    tally.conv(outputs, outputs, 3, pixels)
    if inputs != outputs:
        tally.conv(inputs, outputs, 1, pixels)


def _attend(tally: Tally, width: int, side: int) -> None:
    pixels = side * side
    tally.norm(width, pixels)
    for _ in range(4):
        tally.linear(width, width, pixels)
    tally.attention(width, pixels)
