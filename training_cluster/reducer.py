"""A further anchor of a run: it reduces its part of the coordinates of each round, wherever it runs.

It fetches only its part of each update, so the anchors' lines share the traffic. A reducer that goes away costs a round
some seconds: the first anchor then reduces alone.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np

from training_cluster.client import Api, ApiError, PlatformAway, bearer
from training_cluster.lifetime import stop_on_signals
from training_cluster.reducing import parts_of, reduce_files
from training_cluster.robust import Robust
from training_cluster.screens import alike, draw_places, sample_file
from training_cluster.spec import RunSpec
from training_cluster.uploading import upload

logger = logging.getLogger("reducer")
POLL_SECONDS = 0.3
# While a round is being trained nothing is asked; a pause or another form of exchange may last for ever.
LONGEST_POLL_SECONDS, IDLE_SECONDS = 5.0, 15.0
STOP_SECONDS = 5.0
TROUBLE_SECONDS = 1.0
PATIENCE_SECONDS = 3600.0


class Reducer:
    """Part `part` of a run's reduction, counted from 0."""

    def __init__(self, api: Api, run_id: str, part: int) -> None:
        self.api, self.run_id, self.part = api, run_id, part
        self.done, self.spec = -1, RunSpec.from_body(api.get(self.path("/spec")))
        # How long nothing will be asked, as of the last turn.
        self.rest_seconds = POLL_SECONDS

    def path(self, rest: str) -> str:
        """Address of this run at the platform."""
        return f"/api/v1/runs/{self.run_id}{rest}"

    def turn(self) -> bool:
        """Reduce this part of the newest round if it is asked for; whether it was."""
        known = self.api.get(self.path(""))
        if known["spec_sha256"] != self.spec.sha256:
            self.spec = RunSpec.from_body(self.api.get(self.path("/spec")))
        newest, is_idle = known["round"], known["state"] != "running" or self.spec.hyper.exchange != "upload"
        left = float(newest["seconds_remaining"]) if newest else LONGEST_POLL_SECONDS
        self.rest_seconds = IDLE_SECONDS if is_idle else min(max(left, POLL_SECONDS), LONGEST_POLL_SECONDS)
        if self.spec.hyper.exchange != "upload" or newest is None or newest["closed"] or newest["index"] == self.done:
            return False
        index = int(newest["index"])
        plan = self.api.get(self.path(f"/rounds/{index}/reduction"))
        if not plan["parts"] or self.part >= plan["parts"] or str(self.part) in plan["done"]:
            return False
        payload, pairs = self.reduce(plan)
        told = {"part": self.part, "sha256": upload(self.api, payload), "alike": pairs}
        self.api.post(self.path(f"/rounds/{index}/reduction/parts"), told)
        logger.info("part_reduced round=%d part=%d updates=%d", index, self.part, len(plan["updates"]))
        self.done = index
        return True

    def reduce(self, plan: dict[str, Any]) -> tuple[bytes, list[list[Any]]]:
        """The average of this part as float32 bytes, and which updates are alike in it."""
        hyper = self.spec.hyper
        start, end = parts_of(int(plan["size"]), int(plan["parts"]))[self.part]
        places = draw_places(end - start)
        with tempfile.TemporaryDirectory() as folder:
            files = [(self.fetch(row, start, end, Path(folder)), float(row["weight"])) for row in plan["updates"]]
            average = reduce_files(files, Robust(hyper.reduction, hyper.clip), 0, end - start)
            rows = zip(plan["updates"], files, strict=True)
            sketches = {str(row["lease_id"]): sample_file(file, places) for row, (file, _) in rows}
        return average.numpy().astype("<f4").tobytes(), alike(sketches)

    def fetch(self, row: dict[str, Any], start: int, end: int, folder: Path) -> Path:
        """Bytes of one update's coordinates. Raises ValueError for another size or values that are not finite."""
        payload = self.api.get_bytes(f"/api/v1/blobs/{row['update_sha256']}", (2 * start, 2 * end))
        if len(payload) != 2 * (end - start) or not np.isfinite(np.frombuffer(payload, "<f2")).all():
            raise ValueError(f"the update of lease {row['lease_id']} cannot be read")
        file = folder / row["update_sha256"]
        file.write_bytes(payload)
        return file


def main() -> int:
    """Reduce until told to stop. The token comes by the environment."""
    parser = argparse.ArgumentParser(prog="commonweave-reducer", description=__doc__)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--part", type=int, required=True, help="which part of the coordinates, from 0")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stdout)
    stopping = threading.Event()
    stop_on_signals(stopping, STOP_SECONDS)
    api = Api(arguments.platform, bearer(os.environ["COMMONWEAVE_RUN_TOKEN"]), PATIENCE_SECONDS, stopping)
    reducer: Reducer | None = None
    while not stopping.is_set():
        try:
            reducer = reducer or Reducer(api, arguments.run, arguments.part)
            if not reducer.turn():
                stopping.wait(reducer.rest_seconds)
        except (ApiError, PlatformAway, ValueError) as error:
            logger.warning("part_not_reduced reason=%s", error)
            stopping.wait(TROUBLE_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
