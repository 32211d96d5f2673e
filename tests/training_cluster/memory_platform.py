"""The platform's API for one run, kept in memory: what an anchor and an auditor need of it."""

import hashlib
import threading

from tests.training_cluster.conftest import TEXT, spec_body


class MemoryPlatform:
    """Blobs by hash, rounds in order, audits to hand out and their results."""

    def __init__(self, **changes):
        self.stopping, self.leased = threading.Event(), set()
        self.blobs, self.rounds, self.closes, self.audits, self.results = {}, [], {}, [], []
        shard = {"sha256": self.put_blob(TEXT), "bytes": len(TEXT)}
        self.spec = spec_body(data={"train": shard, "held_out": shard}, **changes)

    def get_blob(self, sha256):
        return self.blobs[sha256]

    def put_blob(self, payload):
        sha256 = hashlib.sha256(payload).hexdigest()
        self.blobs[sha256] = payload
        return sha256

    def get(self, path):
        if path.endswith("/spec"):
            return self.spec
        index = len(self.rounds) - 1
        last = (
            {"index": index, "theta_sha256": self.rounds[-1], "closed": index in self.closes} if self.rounds else None
        )
        return {"state": "running", "round": last}

    def post(self, path, body=None):
        if path.endswith("/rounds"):
            is_new = body["index"] == len(self.rounds)
            if is_new:
                self.rounds.append(body["theta_sha256"])
            return {"fresh": is_new or body["index"] not in self.leased}
        if path.endswith("/close"):
            self.closes.setdefault(int(path.split("/")[-2]), body)
        elif path.endswith("/claim"):
            return self.audits.pop(0) if self.audits else None
        elif path.endswith("/result"):
            self.results.append(body)
        return {}
