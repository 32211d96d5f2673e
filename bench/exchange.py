"""The exchange's two forms on slow lines: seconds and bytes of a round, from the end of training to the next weights.

    python -m bench.exchange --parameters 1000000 4000000 --volunteers 2

Each volunteer has its own line of 20 Mbit/s up and 100 Mbit/s down; the anchor's is loopback. Both forms also bring the
update to the platform, because audits read it there: for `upload` that is the exchange itself.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.throttle import Line
from tests.training_cluster.http_platform import HttpPlatform
from tests.training_cluster.memory_platform import MemoryPlatform
from training_cluster.block import Block, encode_update
from training_cluster.client import Api, bearer
from training_cluster.exchange_hivemind import HivemindAnchor, HivemindVolunteer
from training_cluster.exchange_upload import UploadAnchor, UploadVolunteer
from training_cluster.model import encode
from training_cluster.spec import RunSpec
from training_cluster.uploading import upload
from training_cluster.volunteer.traffic import Traffic

UP_MBIT, DOWN_MBIT = 20.0, 100.0
EXCHANGE_SECONDS = 120.0


@dataclass(slots=True)
class Found:
    """Of one round; bytes are those of one volunteer."""

    seconds: float
    up_bytes: float
    down_bytes: float
    is_right: bool


class Bench:
    """A platform in memory, a line to it for each volunteer, and what they trained."""

    def __init__(self, size: int, count: int, exchange: str, folder: Path) -> None:
        self.platform, self.size, self.count, self.folder = MemoryPlatform(), size, count, folder
        self.platform.spec["hyper"] |= {"round_seconds": 600, "exchange_seconds": EXCHANGE_SECONDS}
        self.platform.spec["hyper"] |= {"exchange": exchange, "reduction": "mean", "clip": 0.0}
        self.spec = RunSpec.from_body(self.platform.spec)
        self.served = HttpPlatform(self.platform)
        self.lines = [self.line(self.served.server.server_port) for _ in range(count)]
        self.apis = [Api(f"http://127.0.0.1:{line.port}", bearer("a-token")) for line in self.lines]
        self.updates = [torch.randn(size).half().float() for _ in range(count)]
        self.platform.register({"index": 0, "theta_sha256": "theta", "duration_seconds": 600})

    def line(self, port: int) -> Line:
        """A volunteer's line to a port here."""
        return Line(("127.0.0.1", port), up_mbit=UP_MBIT, down_mbit=DOWN_MBIT)

    def publish(self, update: torch.Tensor) -> str:
        """The next weights, as the anchor publishes them."""
        return str(self.platform.put_blob(encode(update)))

    def together(self, act: Callable[[int], None]) -> float:
        """Seconds until all volunteers did it at once."""
        begun = time.monotonic()
        threads = [threading.Thread(target=act, args=(i,)) for i in range(self.count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - begun

    def found(self, seconds: float, update: torch.Tensor | None, extra: list[Line]) -> Found:
        """With the bytes of all lines, for one volunteer."""
        lines = [*self.lines, *extra]
        up, down = (sum(getattr(line, way).passed for line in lines) / self.count for way in ("up", "down"))
        mean = torch.stack(self.updates).mean(0)
        is_right = update is not None and torch.allclose(update, mean, atol=5e-3)
        for line in lines:
            line.close()
        self.served.close()
        return Found(seconds, up, down, is_right)


def by_upload(size: int, count: int, folder: Path) -> Found:
    """Upload, reduce, fetch the next weights."""
    bench = Bench(size, count, "upload", folder)
    anchor = UploadAnchor(Api(bench.served.base, bearer("a-token")), bench.spec, size, folder)
    rows: list[dict[str, Any]] = []
    lock = threading.Lock()

    def send(i: int) -> None:
        payload = encode_update(bench.updates[i])
        volunteer = UploadVolunteer(bench.apis[i], Ed25519PrivateKey.generate())
        volunteer.send(Block(bench.updates[i], [1.0] * 10), payload)
        row = {"peer_id": volunteer.identity.peer_id, "lease_id": str(i), "weight": 10.0, "seed": i}
        with lock:
            rows.append({**row, "update_sha256": upload(bench.apis[i], payload)})

    seconds = bench.together(send)
    bench.platform.arrived[0] = rows
    begun = time.monotonic()
    update = anchor.gather(0, EXCHANGE_SECONDS).update
    assert update is not None
    theta = bench.publish(update)
    seconds += time.monotonic() - begun
    seconds += bench.together(lambda i: len(bench.apis[i].get_blob(theta)) and None)
    return bench.found(seconds, update, [])


def by_hivemind(size: int, count: int, folder: Path) -> Found:
    """All-reduce beside the upload for audits, fetch the next weights."""
    bench = Bench(size, count, "hivemind", folder)
    api = Api(bench.served.base, bearer("a-token"))
    anchor = HivemindAnchor(api, api, bench.spec, size, folder, listen="/ip4/127.0.0.1/tcp/0", announce=None)
    address = next(str(a) for a in anchor.dht.get_visible_maddrs() if "/127.0.0.1/" in str(a))
    port, peer = address.split("/")[4], str(anchor.dht.peer_id)
    lines = [bench.line(int(port)) for _ in range(count)]
    volunteers = [
        HivemindVolunteer(
            bench.spec, size,
            {"anchor_addresses": [f"/ip4/127.0.0.1/tcp/{line.port}/p2p/{peer}"], "anchor_peer_ids": [peer],
             "run_id": bench.spec.run_id},
            folder / f"peer-{i}", Traffic(),
        )
        for i, line in enumerate(lines)
    ]  # fmt: skip
    bench.platform.peers = {v.identity.peer_id: {"lease_id": str(i), "seed": i} for i, v in enumerate(volunteers)}
    gathered: list[Any] = []
    leading = threading.Thread(target=lambda: gathered.append(anchor.gather(0, EXCHANGE_SECONDS)))

    def send(i: int) -> None:
        payload = encode_update(bench.updates[i])
        arriving = threading.Thread(target=upload, args=(bench.apis[i], payload))
        arriving.start()
        volunteers[i].send(Block(bench.updates[i], [1.0] * 10), payload)
        arriving.join()

    begun = time.monotonic()
    leading.start()
    bench.together(send)
    leading.join()
    update = gathered[0].update
    theta = bench.publish(torch.zeros(size) if update is None else update)
    bench.together(lambda i: len(bench.apis[i].get_blob(theta)) and None)
    found = bench.found(time.monotonic() - begun, update, lines)
    for peer_ in (*volunteers, anchor):
        peer_.close()
    return found


def main() -> None:
    """A line of JSON for each form and size."""
    parser = argparse.ArgumentParser(prog="bench.exchange", description=__doc__)
    parser.add_argument("--parameters", type=int, nargs="+", default=[1_000_000, 4_000_000])
    parser.add_argument("--volunteers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    for size in chosen.parameters:
        for name, form in (("upload", by_upload), ("hivemind", by_hivemind)):
            found = []
            for _ in range(chosen.repeats):
                with tempfile.TemporaryDirectory() as folder:
                    found.append(form(size, chosen.volunteers, Path(folder)))
            middle = sorted(found, key=lambda one: one.seconds)[len(found) // 2]
            row = {
                "form": name, "parameters": size, "volunteers": chosen.volunteers,
                "seconds": [round(one.seconds, 2) for one in found], "is_right": [one.is_right for one in found],
                "up_bytes_per_parameter": round(middle.up_bytes / size, 3),
                "down_bytes_per_parameter": round(middle.down_bytes / size, 3),
            }  # fmt: skip
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
