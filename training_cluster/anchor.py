"""The program of one run's anchor: connect to the platform, resume, clock rounds until told to stop."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from pathlib import Path

import torch

from training_cluster.anchoring import Anchor
from training_cluster.client import Api, ApiError, Headers, PlatformAway, bearer
from training_cluster.exchange_upload import UploadAnchor
from training_cluster.exchanges import AnchorExchange
from training_cluster.lifetime import bind_children, stop_on_signals
from training_cluster.model import named_shapes

logger = logging.getLogger("anchor")
PLATFORM_PATIENCE_SECONDS = 3600.0
# Peers are turned away quickly while the platform cannot say who they are; the exchange is short.
ADMISSION_PATIENCE_SECONDS = 2.0
STOP_SECONDS = 6.0


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="commonweave-anchor", description=__doc__)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--listen", default="/ip4/127.0.0.1/tcp/0", help="multiaddress to listen on")
    parser.add_argument("--reducers", type=int, default=1, help="programs that share the reduction of uploads")
    parser.add_argument("--announce", help="multiaddress under which volunteers reach it")
    return parser.parse_args()


def open_exchange(anchor: Anchor, arguments: argparse.Namespace, asking: Api) -> AnchorExchange:
    """The exchange that the run declares."""
    size = anchor.weights.theta.numel()
    if anchor.spec.hyper.exchange == "upload":
        return UploadAnchor(anchor.api, anchor.spec, size, anchor.folder, arguments.reducers)
    # Only here: hivemind brings a daemon and seconds of loading that the other form does not need.
    from training_cluster.exchange_hivemind import HivemindAnchor

    return HivemindAnchor(
        anchor.api, asking, anchor.spec, size, anchor.folder, listen=arguments.listen, announce=arguments.announce
    )


def serve(arguments: argparse.Namespace, authorize: Headers, stopping: threading.Event) -> None:
    """Resume, connect, run rounds; anew when the settings changed. Raises PlatformAway, ApiError, SpecError."""
    while not stopping.is_set():
        api = Api(arguments.platform, authorize, PLATFORM_PATIENCE_SECONDS, stopping)
        anchor = Anchor(api, arguments.run, arguments.state)
        anchor.resume()
        asking = Api(arguments.platform, authorize, ADMISSION_PATIENCE_SECONDS, stopping)
        api.post(anchor.path("/tensors"), {"tensors": named_shapes(anchor.model)})
        anchor.exchange = open_exchange(anchor, arguments, asking)
        try:
            anchor.run()
        finally:
            anchor.exchange.close()


def tell_trouble(api: Api, run_id: str, error: Exception) -> None:
    """The creator and the admins see why the run does not go on, until a round opens again."""
    try:
        api.post(f"/api/v1/runs/{run_id}/trouble", {"message": str(error)[:500] or type(error).__name__})
    except (ApiError, PlatformAway) as untold:
        logger.warning("trouble_not_told reason=%s", untold)


def main() -> int:
    """Run an anchor. The token comes by the environment, where `ps` does not show it."""
    arguments = parse()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stdout)
    torch.set_num_threads(1)
    bind_children()
    stopping = threading.Event()
    stop_on_signals(stopping, STOP_SECONDS)
    authorize = bearer(os.environ["COMMONWEAVE_RUN_TOKEN"])
    try:
        serve(arguments, authorize, stopping)
    except PlatformAway as error:
        logger.warning("anchor_ended reason=%s", error)
        return 0 if stopping.is_set() else 1
    except Exception as error:  # told, then raised: the manager starts the anchor again after a growing pause
        tell_trouble(Api(arguments.platform, authorize, ADMISSION_PATIENCE_SECONDS, stopping), arguments.run, error)
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
