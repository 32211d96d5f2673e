"""The demo's data: the Python standard library's own source, cut into a training and a held-out shard.

Sharded, hashed and served like any data set: machines with other Python versions train on the same bytes. Every tenth
file is held out whole, so no held-out text is ever trained on.
"""

from __future__ import annotations

import hashlib
import io
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any

from compute_pledges.services.blobs import store_blob

NAME, LICENSE, LANGUAGE = "Python standard library source", "PSF-2.0", "en"
HELD_OUT_EVERY = 10
MAX_BYTES = 6_000_000


def standard_library_data() -> dict[str, Any]:
    """The data manifest of a run; its shards are stored when they are not yet."""
    shards = {name: _stored(payload) for name, payload in zip(("train", "held_out"), _split(), strict=True)}
    return {"name": NAME, "license": LICENSE, "language": LANGUAGE, **shards}


def _stored(payload: bytes) -> dict[str, object]:
    digest = hashlib.sha256(payload).hexdigest()
    store_blob(sha256=digest, stream=io.BytesIO(payload))
    return {"sha256": digest, "bytes": len(payload)}


@cache
def _split() -> tuple[bytes, bytes]:
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    texts = [file.read_text(errors="ignore").encode("ascii", "ignore") for file in files]
    held_out = b"".join(text for index, text in enumerate(texts) if index % HELD_OUT_EVERY == 0)
    train = b"".join(text for index, text in enumerate(texts) if index % HELD_OUT_EVERY)
    return train[:MAX_BYTES], held_out[:MAX_BYTES]
