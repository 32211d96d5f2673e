"""Each task with a small configuration: it is counted exactly, it trains, and a replay gives the same again."""

import json
from dataclasses import replace

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tests.training_cluster.conftest import HYPER, spec_body
from tests.training_cluster.made_data import CONFIGS, DATA, STOCK, TEXT, generator, opened, tokenizer_json
from tests.training_cluster.memory_platform import MemoryPlatform
from training_cluster.block import train_block
from training_cluster.data import Shards, held_out_loss, open_learner, shard_of
from training_cluster.learner_text import Bytes, Json
from training_cluster.model import build_model, flatten, parameters_of
from training_cluster.protocol_models import FAMILIES, ConfigRefused, plan_of
from training_cluster.spec import RunSpec, SpecError
from training_cluster.tasks import causal

TRAINED = {  # architecture: (steps, rate, what the held-out loss must fall by)
    "gpt2": (25, 0.003, 0.8),
    "UNet2DModel": (25, 0.003, 0.4),
    "bert": (25, 0.003, 0.8),
    "audio-spectrogram-transformer": (25, 0.003, 0.1),
}


def spec_of(kind, **hyper):
    return RunSpec.from_body(spec_body(config=CONFIGS[kind], hyper=HYPER | hyper))


@pytest.mark.parametrize("name", STOCK)
def test_stock_files_of_others_are_taken_as_they_are(name):
    parameters, config = STOCK[name]
    plan = plan_of(config, 1024)
    assert plan_of(plan.config, 1024).left_out == ()
    with torch.device("meta"):
        net = causal(plan.config, Bytes()).net
    assert plan.tally.parameters == parameters == sum(p.numel() for p in net.parameters())
    assert (net.config.rope_parameters["rope_theta"], net.config.rms_norm_eps) == (
        config["rope_theta"], config["rms_norm_eps"],
    )  # fmt: skip
    if config.get("rope_scaling"):
        assert net.config.rope_parameters["factor"] == config["rope_scaling"]["factor"]


@pytest.mark.parametrize(
    ("kind", "change", "reason"),
    [
        ("llama", {"rope_theta": 1e12}, "rope_theta must be a number"),
        ("llama", {"rms_norm_eps": "small"}, "rms_norm_eps must be a number"),
        ("llama", {"rms_norm_eps": float("nan")}, "rms_norm_eps must be a number"),
        ("llama", {"rope_scaling": {"rope_type": "yarn", "factor": 4}}, "rope_type default or llama3"),
        ("llama", {"rope_scaling": {"rope_type": "default", "kernel": "x"}}, "not allowed: kernel"),
        ("llama", {"rope_scaling": {"rope_type": "llama3", "factor": 4}}, "must be a number"),
        ("llama", {"head_dim": 7}, "even width"),
        ("gpt2", {"rope_scaling": {"rope_type": "default"}}, "not allowed: rope_scaling"),
        ("mistral", {"sliding_window": 4096}, "sliding_window can only be None"),
        ("qwen2", {"num_key_value_heads": None}, "num_key_value_heads must be"),
    ],
)
def test_how_positions_turn_is_bounded(kind, change, reason):
    with pytest.raises(ConfigRefused, match=reason):
        plan_of(CONFIGS[kind] | change, 32)


@pytest.mark.parametrize("kind", CONFIGS)
def test_the_count_from_the_configuration_is_the_models_own(kind):
    spec = spec_of(kind)
    learner = build_model(spec)
    assert plan_of(CONFIGS[kind], 32).tally.parameters == sum(p.numel() for p in learner.parameters())


@pytest.mark.parametrize("kind", CONFIGS)
def test_the_estimated_flops_are_those_that_are_counted_while_training(kind):
    learner = build_model(spec_of(kind))
    batch = learner.draw(learner.samples(DATA[FAMILIES[kind].task]), 2, 32, generator())
    # The counter does not know the CPU's fused attention; written out, it is counted.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        learner.loss(batch).backward()
    estimated = 2 * plan_of(CONFIGS[kind], 32).tally.flops
    assert estimated == pytest.approx(counter.get_total_flops(), rel=0.1)


def test_every_architecture_on_the_list_is_tried_here():
    assert set(CONFIGS) == set(FAMILIES)


@pytest.mark.parametrize("kind", TRAINED)
def test_a_task_trains_and_is_replayed_bit_for_bit(kind):
    steps, rate, fall = TRAINED[kind]
    spec = spec_of(kind, inner_lr=rate, max_steps=steps)
    learner = build_model(spec)
    samples = learner.samples(DATA[spec.task])
    theta = flatten(parameters_of(learner))
    before = held_out_loss(learner, samples, 32)
    block = train_block(learner, theta, samples, spec.hyper, seed=5, go_on=lambda done: True)
    assert held_out_loss(learner, samples, 32) < before - fall
    again = build_model(spec, seed=9)
    repeated = train_block(again, theta, samples, spec.hyper, seed=5, go_on=lambda done: True)
    assert torch.equal(block.update, repeated.update)
    assert block.losses == repeated.losses


@pytest.mark.parametrize("kind", TRAINED)
def test_a_checkpoint_shows_the_same_each_time(kind):
    learner = build_model(spec_of(kind))
    first, second = learner.show("def add("), learner.show("def add(")
    assert first == second
    assert first.text
    assert learner.training


def test_images_are_shown_as_a_picture():
    shown = build_model(spec_of("UNet2DModel")).show("")
    assert opened(shown.image).size == (64, 16)


@pytest.mark.parametrize("kind", ["UNet2DModel", "audio-spectrogram-transformer"])
def test_bytes_of_another_form_are_refused(kind):
    with pytest.raises(SpecError, match="A shard of 7 bytes"):
        build_model(spec_of(kind)).samples(b"\x00" * 7)


def test_a_mask_needs_a_number_beyond_the_tokens():
    with pytest.raises(SpecError, match="its last number is the mask"):
        build_model(RunSpec.from_body(spec_body(config=CONFIGS["bert"] | {"vocab_size": 256})))


def test_a_declared_tokenizer_is_used():
    platform = MemoryPlatform(config=CONFIGS["gpt2"] | {"vocab_size": 11})
    payload = tokenizer_json()
    platform.spec["tokenizer"] = {"sha256": platform.put_blob(payload), "bytes": len(payload)}
    learner = open_learner(platform, RunSpec.from_body(platform.spec))
    assert learner.samples(b"def add(left, right)").tolist() == [1, 2, 3, 5, 7, 6, 4]
    known = {"def", "add", "(", ")", "left", "right", ",", ":", "return", "+", "[UNK]"}
    assert set(learner.show("def").text.split()) <= known


def test_bytes_that_are_no_tokenizer_are_refused():
    platform = MemoryPlatform()
    platform.spec["tokenizer"] = {"sha256": platform.put_blob(b"no"), "bytes": 2}
    with pytest.raises(SpecError, match="no tokenizer"):
        open_learner(platform, RunSpec.from_body(platform.spec))


def test_a_blocks_shard_is_drawn_by_its_seed_and_all_are_used(spec):
    platform = MemoryPlatform()
    shards = [{"sha256": platform.put_blob(TEXT + bytes([n])), "bytes": len(TEXT) + 1} for n in range(4)]
    many = RunSpec.from_body(spec_body(data={"train": shards, "held_out": shards[0]}))
    drawn = [shard_of(many, seed).sha256 for seed in range(40)]
    assert drawn == [shard_of(many, seed).sha256 for seed in range(40)]
    assert set(drawn) == {shard["sha256"] for shard in shards}
    reader = Shards(platform, many, build_model(many))
    ends = {int(reader.of(seed)[-1]) for seed in range(40)}
    assert ends == {0, 1, 2, 3}
    assert len(reader.kept) == 2


def test_a_run_without_shards_is_refused():
    with pytest.raises(SpecError, match="between 1 and"):
        RunSpec.from_body(spec_body(data={"train": [], "held_out": []}))


def test_the_hyper_parameters_of_the_exchange_have_defaults(spec):
    assert (spec.hyper.exchange, spec.hyper.reduction) == ("upload", "trimmed_mean")
    assert replace(spec.hyper, exchange="upload").exchange == "upload"


def test_a_tokenizer_that_cuts_and_pads_reads_a_whole_shard():
    body = json.loads(tokenizer_json())
    body["truncation"] = {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0}
    body["padding"] = {
        "strategy": {"Fixed": 900}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
        "pad_token": "[UNK]",
    }  # fmt: skip
    whole = Json(tokenizer_json()).encode(b"def add ( left , right )")
    assert Json(json.dumps(body).encode()).encode(b"def add ( left , right )").tolist() == whole.tolist()
