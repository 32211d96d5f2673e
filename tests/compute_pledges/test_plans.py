"""What a creator declares is checked as a whole, and estimated, before a run can start."""

import json

import pytest

from compute_pledges.errors import RunRefused
from compute_pledges.models import DataSet
from compute_pledges.services.plans import check_plan, validate_config
from compute_pledges.services.run_estimates import estimate_run
from compute_pledges.services.runs import start_run
from tests.factories.people import NOW, make_project

GPT2 = {"model_type": "gpt2", "n_layer": 4, "n_embd": 128, "n_head": 4, "n_positions": 64, "vocab_size": 256}
BERT = {
    "model_type": "bert", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 2,
    "intermediate_size": 128, "max_position_embeddings": 64, "vocab_size": 257,
}  # fmt: skip
UNET = {
    "_class_name": "UNet2DModel", "sample_size": 16, "in_channels": 3, "out_channels": 3, "layers_per_block": 1,
    "block_out_channels": [32, 64], "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
}  # fmt: skip
GPT2_OF_THE_HUB = {
    "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1, "bos_token_id": 50256,
    "embd_pdrop": 0.1, "eos_token_id": 50256, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05,
    "model_type": "gpt2", "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 1024,
    "resid_pdrop": 0.1, "summary_activation": None, "summary_first_dropout": 0.1, "summary_proj_to_labels": True,
    "summary_type": "cls_index", "summary_use_proj": True, "task_specific_params": {"text-generation": {}},
    "vocab_size": 50257,
}  # fmt: skip


def checked(config, data_set=None, tokenizer=b"", **hyper):
    return check_plan(config=config, hyper=hyper, data_set=data_set, tokenizer=tokenizer)


def images(count=4, side=16):
    shard = {"sha256": "b" * 64, "bytes": count * side * side * 3}
    return DataSet(format="images-u8", state="ready", license="CC0-1.0", shards=[shard], held_out=[shard])


def tokenizer(tokens):
    return json.dumps({"model": {"type": "BPE", "vocab": {str(n): n for n in range(tokens)}}}).encode()


def test_gpt2s_own_file_is_taken_as_it_is_and_what_is_left_out_is_said():
    plan = validate_config(GPT2_OF_THE_HUB)
    assert plan.tally.parameters == 124_439_808
    assert {"architectures", "attn_pdrop", "summary_type"} <= set(plan.left_out)
    assert set(plan.config) == {"model_type", "n_embd", "n_head", "n_layer", "n_positions", "vocab_size"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model_type": "mamba"}, "model type"),
        ({"model_type": ["gpt2"]}, "model type"),
        ({"auto_map": {"AutoModel": "evil--code.Model"}}, "not allowed: auto_map"),
        ({"quantization_config": {}}, "not allowed: quantization_config"),
        ({"activation_function": "someone/kernel"}, "can only be 'gelu_new'"),
        ({"n_layer": True}, "whole number"),
        ({"n_layer": 10**12}, "whole number"),
        ({"n_embd": 127}, "multiple of n_head"),
        ({"n_embd": 16_384, "n_layer": 200}, "parameters are more than"),
        ({"n_positions": 32}, "longer than the model's window"),
        ({"vocab_size": 255}, "at least 256"),
    ],
)
def test_a_hostile_or_senseless_configuration_is_refused_with_its_reason(change, reason):
    with pytest.raises(RunRefused, match=reason):
        checked(GPT2 | change)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"block_out_channels": [32] * 9}, "one to eight"),
        ({"block_out_channels": [32, 64, 64]}, "same length"),
        ({"block_out_channels": "32"}, "must be a list"),
        ({"down_block_types": ["DownBlock2D", "os.system"]}, "may hold"),
    ],
)
def test_lists_are_checked_item_by_item(change, reason):
    with pytest.raises(RunRefused, match=reason):
        checked(UNET | change, images())


def test_the_data_must_be_what_the_task_reads():
    with pytest.raises(RunRefused, match="reads images-u8; the data set holds text"):
        checked(UNET)
    with pytest.raises(RunRefused, match="whole number of images"):
        checked(UNET, images(side=17))
    assert checked(UNET, images()).hyper["sequence"] == 256


def test_a_tokenizer_must_fit_the_vocabulary_and_leave_room_for_the_mask(settings, tmp_path):
    settings.BLOB_ROOT = tmp_path
    with pytest.raises(RunRefused, match="at least 300"):
        checked(GPT2, tokenizer=tokenizer(300))
    with pytest.raises(RunRefused, match="at least 258"):
        checked(BERT, tokenizer=tokenizer(257))
    assert checked(BERT, tokenizer=tokenizer(256)).tokenizer["bytes"] > 1000
    for hostile in (b"\x80\x04pickle", b"{}", b'{"model": {"type": "BPE", "vocab": 3}}', b"[" * 100_000):
        with pytest.raises(RunRefused, match=r"tokenizer\.json"):
            checked(GPT2, tokenizer=hostile)


@pytest.mark.parametrize(
    ("hyper", "reason"),
    [
        ({"inner_lr": 0}, "inner_lr"),
        ({"batch": 1.5}, "batch must be a whole number"),
        ({"reduction": "average"}, "reduction must be"),
        ({"exchange_seconds": 7}, "half of round_seconds"),
        ({"loader": "os.system"}, "Unknown"),
    ],
)
def test_settings_out_of_bounds_are_refused(hyper, reason):
    with pytest.raises(RunRefused, match=reason):
        checked(GPT2, **hyper)


def test_an_estimate_has_three_ends_in_order():
    slow = {"exchange_seconds": 200, "round_seconds": 2000}
    estimate = estimate_run(checked(GPT2_OF_THE_HUB | {"vocab_size": 256}, sequence=1024, **slow))
    for figures in (estimate.h100_us, estimate.memory_bytes, estimate.watt_hours):
        assert 0 < figures["low"] < figures["likely"] < figures["high"]
    assert estimate.rent["low"] < estimate.rent["likely"] < estimate.rent["high"]
    # Blocks train in float32: an H100 takes about ten times as long as the BF16 unit of pledges says.
    assert estimate.h100_us["likely"] == pytest.approx(estimate.flops / (66.9e12 * 0.55) * 1e6, rel=1e-6)
    assert 8 < estimate.h100_us["likely"] / estimate.counted_us < 13
    assert "float32" in estimate.basis
    assert estimate.positions == pytest.approx(20 * estimate.parameters, rel=0.01)
    assert len(estimate.rows) == 4


def test_the_estimate_of_a_run_grows_with_its_samples():
    plan = checked(UNET, images())
    assert estimate_run(plan, 2000).flops == 2 * estimate_run(plan, 1000).flops


@pytest.mark.django_db
def test_a_run_of_another_task_is_recorded_with_what_it_costs():
    project = make_project()
    data_set = images()
    data_set.name, data_set.source, data_set.created_at = "Shapes", "operator", NOW
    data_set.save()
    run = start_run(
        project=project, user=project.creator, name="Shapes", config=UNET, hyper={}, prompt="", now=NOW,
        data_set=data_set,
    )  # fmt: skip
    assert (run.task, run.data["license"], run.data_set) == ("image-diffusion", "CC0-1.0", data_set)
    assert run.flops_of(3) == 3 * int(run.flops_per_sample) > 0
    assert [change.kind for change in run.changes.all()] == ["declared"]
