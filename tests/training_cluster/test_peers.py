"""A peer id is derived as libp2p derives it, and its key's file is read as hivemind writes it."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hivemind.p2p import P2P, PeerID

from training_cluster.keys import b64
from training_cluster.peers import PeerKey
from training_cluster.protocol_peers import base58, decode_key, encode_key, peer_id_of, peer_key_message


def test_the_id_of_a_hivemind_identity_is_hiveminds(tmp_path):
    file = tmp_path / "peer.key"
    P2P.generate_identity(str(file))
    identity = PeerKey.read(file)
    assert identity.peer_id == str(PeerID.from_identity(file.read_bytes()))
    proof = identity.proof("a-run", "a-device")
    assert proof["peer_key"] == b64(identity.encoded)
    message = peer_key_message(run_id="a-run", peer_id=identity.peer_id, device_id="a-device")
    import base64

    signature = base64.b64decode(proof["peer_key_signature"])
    identity.key.public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())


def test_the_id_of_an_ed25519_key_is_the_specifications():
    # The public key of the example in libp2p's specification of peer ids.
    public = bytes.fromhex("080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e")
    assert peer_id_of(public).startswith("12D3KooW")
    assert PeerID.from_base58(peer_id_of(public)).to_bytes() == b"\x00\x24" + public


def test_keys_in_another_form_are_refused():
    good = PeerKey.of(Ed25519PrivateKey.generate()).encoded
    assert encode_key(*decode_key(good)) == good
    for bad in (b"", good[:-1], good + b"x", b"\x10" + good[1:], b"\x08\x01\x12\xff\xff\xff\xff"):
        with pytest.raises(ValueError, match="no key"):
            decode_key(bad)


def test_leading_zeros_are_ones():
    assert base58(b"\0\0a") == "112g"
