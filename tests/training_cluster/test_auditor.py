"""The auditor replays a block from its lease and says how far the upload lies from it."""

import pytest
import torch

from tests.training_cluster.memory_platform import MemoryPlatform
from training_cluster.auditor import Auditor
from training_cluster.block import encode_update, train_block
from training_cluster.model import build_model, decode, encode, flatten, parameters_of
from training_cluster.protocol_audit import REJECT_RELATIVE_L2
from training_cluster.spec import RunSpec

STEPS, SEED, ACCEPTED = 20, 77, REJECT_RELATIVE_L2


@pytest.fixture
def platform():
    return MemoryPlatform()


@pytest.fixture
def block(platform):
    spec = RunSpec.from_body(platform.spec)
    model = build_model(spec)
    platform.theta = platform.put_blob(encode(flatten(parameters_of(model))))
    tokens = model.samples(platform.get_blob(spec.train[0].sha256))
    theta = decode(platform.get_blob(platform.theta))
    return train_block(model, theta, tokens, spec.hyper, seed=SEED, go_on=lambda done: done < STEPS)


def audit(platform, payload, losses, auditor=None, **changes):
    lease = {
        "lease_id": "a-lease", "run_id": "a-run", "theta_sha256": platform.theta, "seed": SEED,
        "spec_sha256": platform.spec_sha256(), **changes,
    }  # fmt: skip
    receipt = {"steps": len(losses), "losses": losses, "update_sha256": platform.put_blob(payload)}
    platform.audits.append({"audit_id": "an-audit", "lease": lease, "receipt": receipt})
    assert (auditor or Auditor(platform)).audit_one()
    return platform.results[-1]


def test_an_honest_block_is_found_again(platform, block):
    report = audit(platform, encode_update(block.update), block.losses)
    assert report["relative_l2"] < 0.001
    assert (report["max_loss_difference"], report["error"]) == (0.0, "")


@pytest.mark.parametrize("tamper", [lambda u: u * 1.2, lambda u: torch.randn_like(u) * u.std(), torch.zeros_like])
def test_a_tampered_block_is_caught(platform, block, tamper):
    report = audit(platform, encode_update(tamper(block.update)), block.losses)
    assert report["relative_l2"] > ACCEPTED


def test_steps_that_were_claimed_and_not_done_are_caught(platform, block):
    made_up = [*block.losses, *[2.0] * 10]
    assert audit(platform, encode_update(block.update), made_up)["relative_l2"] > ACCEPTED


@pytest.mark.parametrize("payload", [b"", b"\x00" * 64, b"not an update"])
def test_an_update_that_cannot_be_read_is_the_devices_fault(platform, block, payload):
    report = audit(platform, payload, block.losses)
    assert report["relative_l2"] is None
    assert report["error"].startswith("update:")


def test_a_block_is_replayed_by_the_settings_it_was_made_with_after_these_changed(platform, block):
    made_with = platform.spec_sha256()
    auditor = Auditor(platform)
    assert audit(platform, encode_update(block.update), block.losses, auditor)["relative_l2"] < 0.001
    platform.spec = platform.spec | {"hyper": platform.spec["hyper"] | {"inner_lr": 0.03}}
    newest = audit(platform, encode_update(block.update), block.losses, auditor)
    assert newest["relative_l2"] > ACCEPTED
    own = audit(platform, encode_update(block.update), block.losses, auditor, spec_sha256=made_with)
    assert (own["relative_l2"] < 0.001, own["error"]) == (True, "")


def test_a_specification_of_another_hash_is_not_replayed(platform, block):
    report = audit(platform, encode_update(block.update), block.losses, spec_sha256="0" * 64)
    assert (report["relative_l2"], report["error"]) == (None, "The specification does not match its hash.")


def test_no_audit_is_no_work():
    assert not Auditor(MemoryPlatform()).audit_one()
