"""The platform's API for one run, kept in memory: what anchors, reducers and auditors need of it."""

import hashlib
import threading
from urllib.parse import parse_qs, urlsplit

from tests.training_cluster.conftest import TEXT, spec_body
from training_cluster.protocol import canonical_json


class MemoryPlatform:
    """Blobs by hash, rounds in order, what arrived in each, shared reductions, audits and their results."""

    patience_seconds = 5.0

    def __init__(self, **changes):
        self.specs, self.specs_of_rounds, self.troubles, self.state = {}, [], [], "running"
        self.stopping, self.leased = threading.Event(), set()
        self.blobs, self.rounds, self.closes, self.audits, self.results = {}, [], {}, [], []
        self.durations, self.communication, self.checkpoint = [], [], None
        self.told = []
        self.timing, self.windows, self.seconds_remaining = {}, [], 0.0
        self.arrived, self.plans, self.parts, self.peers, self.partial = {}, {}, {}, {}, {}
        shard = {"sha256": self.put_blob(TEXT), "bytes": len(TEXT)}
        self.spec = spec_body(data={"train": shard, "held_out": shard}, **changes)

    def spec_sha256(self):
        """Of the newest specification, which is kept."""
        sha256 = hashlib.sha256(canonical_json(self.spec)).hexdigest()
        self.specs[sha256] = self.spec
        return sha256

    def get_blob(self, sha256):
        return self.blobs[sha256]

    def put_blob(self, payload):
        sha256 = hashlib.sha256(payload).hexdigest()
        self.blobs[sha256] = payload
        return sha256

    def get_bytes(self, path, span=None):
        parts = urlsplit(path)
        query = {name: int(values[0]) for name, values in parse_qs(parts.query).items()}
        first, end = span or (query.get("first", 0), query.get("end"))
        return self.blobs[parts.path.rsplit("/", 1)[-1]][first:end]

    def post_bytes(self, path, payload):
        parts = urlsplit(path)
        sha256, query = parts.path.rsplit("/", 1)[-1], parse_qs(parts.query)
        self.partial[sha256] = self.partial.get(sha256, b"")[: int(query["offset"][0])] + payload
        if len(self.partial[sha256]) == int(query["size"][0]):
            assert self.put_blob(self.partial.pop(sha256)) == sha256

    def get(self, path):
        if "/spec" in path:
            wanted = parse_qs(urlsplit(path).query).get("sha256", [self.spec_sha256()])[0]
            return self.specs.get(wanted, self.spec)
        if path.endswith("/bindings"):
            return {"peers": self.peers}
        if "/uploads/" in path:
            sha256 = urlsplit(path).path.rsplit("/", 1)[-1]
            here = self.blobs.get(sha256, self.partial.get(sha256, b""))
            return {"offset": len(here)}
        if path.endswith("/updates"):
            return {"open": False, "updates": self.arrived.get(int(path.split("/")[-2]), [])}
        if path.endswith("/reduction"):
            index = int(path.split("/")[-2])
            plan = self.plans.get(index, {"parts": 0, "size": 0, "updates": []})
            return {**plan, "done": self.parts.get(index, {})}
        index = len(self.rounds) - 1
        last = (
            {
                "index": index,
                "theta_sha256": self.rounds[-1],
                "closed": index in self.closes,
                "seconds_remaining": self.seconds_remaining,
            }
            if self.rounds
            else None
        )
        return {
            "state": self.state, "spec_sha256": self.spec_sha256(), "round": last, "checkpoint": self.checkpoint,
            **self.timing,
        }  # fmt: skip

    def post(self, path, body=None):
        if path.endswith("/rounds"):
            return self.register(body)
        if path.endswith("/close"):
            self.closes.setdefault(int(path.split("/")[-2]), body)
        elif path.endswith("/trouble"):
            self.troubles.append(body["message"])
        elif path.endswith("/claim"):
            return self.audits.pop(0) if self.audits else None
        elif path.endswith("/result"):
            self.results.append(body)
        elif path.endswith("/reduction"):
            self.plans[int(path.split("/")[-2])] = body
        elif path.endswith("/parts"):
            self.told.append(body)
            self.parts.setdefault(int(path.split("/")[-3]), {})[str(body["part"])] = body["sha256"]
        return {}

    def register(self, body):
        is_new = body["index"] == len(self.rounds)
        if is_new:
            self.rounds.append(body["theta_sha256"])
            self.specs_of_rounds.append(body.get("spec_sha256"))
            self.durations.append(body["duration_seconds"])
            self.communication.append(body.get("communication_seconds"))
            self.windows.append(body.get("exchange_seconds"))
        return {"fresh": is_new or body["index"] not in self.leased, "seconds_remaining": 0.0}
