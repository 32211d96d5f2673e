"""What a release writes is what the libraries read: names, numbers, configuration, tokenizer."""

import io
import json

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, PreTrainedTokenizerFast

from compute_pledges.releasing import side_files
from compute_pledges.releasing.weights import checked_shapes, named_weights
from training_cluster.model import encode, flatten, named_shapes, parameters_of
from training_cluster.tasks import TASKS

GPT2 = {"model_type": "gpt2", "n_layer": 2, "n_embd": 32, "n_head": 2, "n_positions": 64, "vocab_size": 256}
BERT = {
    "model_type": "bert", "num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 2,
    "intermediate_size": 64, "max_position_embeddings": 64, "vocab_size": 256,
}  # fmt: skip
LLAMA = {**BERT, "model_type": "llama", "num_key_value_heads": 1}


class Bytes:
    size = 256


def written(config, task, folder):
    model = TASKS[task](config, Bytes())
    flat = flatten(parameters_of(model))
    shapes = checked_shapes(json.loads(json.dumps(named_shapes(model))), parameters=flat.numel())
    weights = folder / side_files.weights_name(config, named=True)
    weights.write_bytes(b"".join(named_weights(io.BytesIO(encode(flat)), shapes)))
    (folder / "config.json").write_bytes(side_files.config_json(config))
    return model


READERS = {
    "gpt2": (GPT2, "causal-lm", AutoModelForCausalLM),
    "llama": (LLAMA, "causal-lm", AutoModelForCausalLM),
    "bert": ({**BERT, "vocab_size": 257}, "masked-lm", AutoModelForMaskedLM),
}


@pytest.mark.parametrize(("config", "task", "reader"), READERS.values(), ids=READERS)
def test_the_library_loads_the_released_model_with_every_number_in_its_place(tmp_path, config, task, reader):
    model = written(config, task, tmp_path)
    loaded, told = reader.from_pretrained(tmp_path, dtype=torch.float32, output_loading_info=True)
    assert not told["missing_keys"]
    assert not told["unexpected_keys"]
    own = dict(model.net.named_parameters())
    for name, value in loaded.named_parameters():
        assert torch.equal(value, own[name].half().float()), name
    tokens = torch.arange(32)[None]
    loaded.eval()
    model.eval()
    assert torch.allclose(loaded(tokens).logits, model.net(tokens).logits, atol=2e-2)


def test_the_tokenizer_of_bytes_gives_each_byte_its_number(tmp_path):
    (tmp_path / "tokenizer.json").write_bytes(side_files.bytes_tokenizer_json())
    (tmp_path / "tokenizer_config.json").write_bytes(side_files.tokenizer_config_json())
    tokenizer = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    text = "def f(x):\n\treturn 'Zoë 漢' "
    ids = tokenizer(text)["input_ids"]
    assert ids == list(text.encode())
    assert tokenizer.decode(ids) == text
