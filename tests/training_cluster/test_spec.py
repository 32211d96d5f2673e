"""A creator's configuration is hostile input."""

import hashlib

import pytest

from tests.training_cluster.conftest import CONFIG, HYPER, spec_body
from training_cluster import protocol_models
from training_cluster.model import build_model
from training_cluster.protocol import canonical_json
from training_cluster.spec import RunSpec, SpecError


def test_the_specifications_hash_is_that_of_its_canonical_json():
    body = spec_body()
    assert RunSpec.from_body(body).sha256 == hashlib.sha256(canonical_json(body)).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "auto"},
        {"model_type": None},
        {"auto_map": {"AutoModel": "evil--code.Model"}},
        {"attn_implementation": "someone/kernel"},
        {"_attn_implementation": "someone/kernel"},
        {"torch_dtype": "float64"},
        {"quantization_config": {"quant_method": "custom"}},
        {"n_embd": "32"},
        {"n_embd": 32.5},
        {"n_layer": [1]},
    ],
)
def test_a_configuration_outside_the_allow_list_is_refused(change):
    with pytest.raises(SpecError):
        RunSpec.from_body(spec_body(config=CONFIG | change))


@pytest.mark.parametrize("missing", ["batch", "inner_lr", "round_seconds"])
def test_a_missing_hyper_parameter_is_named(missing):
    hyper = {key: value for key, value in HYPER.items() if key != missing}
    with pytest.raises(SpecError, match=missing):
        RunSpec.from_body(spec_body(hyper=hyper))


def test_an_unknown_hyper_parameter_is_refused():
    with pytest.raises(SpecError, match="loader"):
        RunSpec.from_body(spec_body(hyper=HYPER | {"loader": "os.system"}))


@pytest.mark.parametrize(
    "change",
    [{"batch": 0}, {"batch": 10**9}, {"batch": 8.5}, {"batch": True}, {"inner_lr": -1}, {"round_seconds": "soon"}],
)
def test_a_hyper_parameter_out_of_bounds_is_refused(change):
    with pytest.raises(SpecError, match=next(iter(change))):
        RunSpec.from_body(spec_body(hyper=HYPER | change))


def test_a_shard_shorter_than_a_sequence_is_refused():
    short = {"sha256": "0" * 64, "bytes": 20}
    with pytest.raises(SpecError, match="shorter than a sequence"):
        RunSpec.from_body(spec_body(data={"train": short, "held_out": short}))


def test_a_model_that_does_not_fit_into_memory_is_refused_with_figures(monkeypatch, spec):
    monkeypatch.setattr("training_cluster.model.memory_available", lambda: 100_000)
    with pytest.raises(SpecError, match="parameters need about"):
        build_model(spec)


def test_a_specification_without_data_is_refused():
    with pytest.raises(SpecError, match="train"):
        RunSpec.from_body(spec_body(data={}))


def test_a_model_too_large_is_refused_before_anything_is_allocated():
    wide = CONFIG | {"n_layer": 200, "n_embd": 16_384, "vocab_size": 500_000}
    with pytest.raises(SpecError, match="parameters are more than"):
        RunSpec.from_body(spec_body(config=wide))


def test_the_limit_counts_parameters(monkeypatch, spec):
    monkeypatch.setattr("training_cluster.model.MAX_PARAMETERS", 100)
    with pytest.raises(SpecError):
        build_model(spec)
    assert protocol_models.MAX_PARAMETERS == 2_000_000_000


def test_a_llama_is_built_as_well():
    config = {
        "model_type": "llama", "num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 2,
        "num_key_value_heads": 1, "intermediate_size": 64, "max_position_embeddings": 32, "vocab_size": 256,
        "tie_word_embeddings": True,
    }  # fmt: skip
    model = build_model(RunSpec.from_body(spec_body(config=config)))
    assert type(model.net).__name__ == "LlamaForCausalLM"
