"""`python -m payments.stripe_standin --port P --state-dir D --webhook-url U`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import uvicorn

from payments.stripe_standin.server import Standin
from payments.stripe_standin.store import Store
from payments.stripe_standin.webhooks import Courier
from payments.stripe_standin.wires import Wire

LIVE = ("sk_live_", "rk_live_")


def refuse_live(keys: list[str]) -> None:
    """Raises SystemExit beside live keys or in production."""
    if any(key.startswith(LIVE) for key in keys):
        raise SystemExit("The Stripe stand-in does not start beside live keys.")
    if os.environ.get("COMMONWEAVE_MODE") == "production":
        raise SystemExit("The Stripe stand-in does not start in production.")


def main() -> int:
    """Serve on loopback until stopped."""
    parser = argparse.ArgumentParser(prog="python -m payments.stripe_standin", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--webhook-url", required=True)
    parser.add_argument("--thin-webhook-url", default="", help="where thin events of API v2 go; not delivered without")
    arguments = parser.parse_args()
    secret = os.environ.get("STRIPE_SECRET_KEY", "sk_test_standin_commonweave")
    publishable = os.environ.get("STRIPE_PUBLISHABLE_KEY", "pk_test_standin_commonweave")
    webhook_secret = os.environ.get("STRIPE_WEBHOOK_SECRET", "whsec_standin_commonweave")
    refuse_live([secret, publishable, os.environ.get("STRIPE_API_KEY", "")])
    store = Store(arguments.state_dir)
    standin = Standin(store, secret, publishable, f"http://127.0.0.1:{arguments.port}")
    courier = Courier(store, arguments.webhook_url, webhook_secret, arguments.thin_webhook_url)
    courier.start()
    uvicorn.run(standin.application(), host="127.0.0.1", port=arguments.port, log_level="warning", http=Wire)
    courier.stopping.set()
    return 0


if __name__ == "__main__":
    sys.exit(main())
