"""What is signed, byte by byte: both sides build it from these functions."""

import stat

import pytest

from training_cluster.client import device_signature
from training_cluster.folder import Folder, FolderProblem
from training_cluster.keys import load_or_create_key
from training_cluster.protocol import canonical_json, enrollment_message, peer_message, request_message


def test_canonical_json_sorts_and_leaves_no_spaces():
    assert canonical_json({"b": [1, 2.5], "a": "é"}) == '{"a":"é","b":[1,2.5]}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_canonical_json_refuses_what_is_no_json(value):
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"loss": value})


def test_messages_of_different_purposes_never_coincide():
    messages = {
        enrollment_message(b"x"),
        peer_message("x", "x"),
        request_message(method="x", path="x", timestamp="x", nonce="x", body_sha256="x"),
    }
    assert len({message.split(b"\n")[0] for message in messages}) == 3


def test_each_request_has_its_own_nonce(tmp_path):
    headers = device_signature(load_or_create_key(tmp_path / "key.pem"), "device")
    first, second = (headers("GET", "/path", b"") for _ in range(2))
    assert first["X-Commonweave-Nonce"] != second["X-Commonweave-Nonce"]
    assert first["X-Commonweave-Signature"] != second["X-Commonweave-Signature"]


def test_the_key_is_made_once_and_read_by_its_owner_alone(tmp_path):
    first = load_or_create_key(tmp_path / "key.pem")
    second = load_or_create_key(tmp_path / "key.pem")
    assert first.public_key() == second.public_key()
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600


def test_a_second_agent_in_the_same_folder_is_refused(tmp_path):
    first, second = Folder(tmp_path), Folder(tmp_path)
    first.lock()
    with pytest.raises(FolderProblem, match="Another agent"):
        second.lock()


def test_an_unpaired_folder_says_what_to_do(tmp_path):
    with pytest.raises(FolderProblem, match="commonweave-worker login"):
        Folder(tmp_path).pairing()


def test_the_open_lease_is_remembered_until_it_is_answered(tmp_path):
    Folder(tmp_path).remember_lease("a-lease")
    assert Folder(tmp_path).open_lease() == "a-lease"
    Folder(tmp_path).forget_lease()
    assert Folder(tmp_path).open_lease() == ""
