"""The demo's data: whole files of the standard library, none of them in both shards."""

import hashlib
import sysconfig
from pathlib import Path

from compute_pledges.services.blobs import blob_path
from compute_pledges.services.corpus import HELD_OUT_EVERY, standard_library_data


def shards(data):
    return {name: blob_path(data[name]["sha256"]).read_bytes() for name in ("train", "held_out")}


def test_the_shards_are_stored_under_their_hashes():
    data = standard_library_data()
    for name, payload in shards(data).items():
        assert data[name] == {"sha256": hashlib.sha256(payload).hexdigest(), "bytes": len(payload)}
        assert len(payload) > 100_000


def test_the_same_library_gives_the_same_shards():
    assert standard_library_data() == standard_library_data()


def test_no_file_is_in_both_shards():
    data = shards(standard_library_data())
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    held_out = files[::HELD_OUT_EVERY]
    assert len(held_out) > 10
    for file in held_out:
        text = file.read_text(errors="ignore").encode("ascii", "ignore")
        if len(text) > 2_000:
            assert text not in data["train"]
    first = files[1].read_text(errors="ignore").encode("ascii", "ignore")
    assert first in data["train"]
    assert first not in data["held_out"]
