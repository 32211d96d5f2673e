"""What the operator's environment says, read once and checked.

Three modes: `demo` (embedded services, known passwords, loopback only), `test`, and `production`, which refuses to
start with anything that belongs to a demo.
"""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environs import Env

ROOT = Path(__file__).resolve().parents[2]
DEMO_SECRET_KEY = "demo-only-secret-key-that-production-refuses-to-start-with-0123456789"
DEMO_STRIPE_SECRET_KEY = "sk_test_standin_commonweave"
DEMO_STRIPE_PUBLISHABLE_KEY = "pk_test_standin_commonweave"
DEMO_STRIPE_WEBHOOK_SECRET = "whsec_standin_commonweave"
# The queue of tasks that read from other people's servers.
OUTWARD = "outward"
DEMO_CLUSTER_TOKEN = "demo-only-cluster-token"
DEMO_RECEIPT_KEY = "demo-only-receipt-seed-key"
DEMO_VALUES = frozenset(
    {
        DEMO_SECRET_KEY,
        DEMO_STRIPE_SECRET_KEY,
        DEMO_STRIPE_PUBLISHABLE_KEY,
        DEMO_STRIPE_WEBHOOK_SECRET,
        DEMO_CLUSTER_TOKEN,
        DEMO_RECEIPT_KEY,
    }
)
MODES = ("demo", "test", "production")


def read_mode(env: Env) -> str:
    """The mode, from COMMONWEAVE_MODE. Raises ImproperlyConfigured for an unknown one."""
    mode: str = env.str("COMMONWEAVE_MODE", "demo")
    if mode not in MODES:
        raise ImproperlyConfigured(f"COMMONWEAVE_MODE is {mode!r}; use one of {', '.join(MODES)}.")
    return mode


class Environment:
    """Reads values with a demo default; in production a missing or demo value is an error that names it."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self.mode = read_mode(env)
        self.is_production = self.mode == "production"

    def secret(self, name: str, demo_value: str) -> str:
        """A value that production must set to something of its own."""
        value: str = self.env.str(name, "" if self.is_production else demo_value)
        if self.is_production and (not value or value in DEMO_VALUES):
            raise ImproperlyConfigured(f"Production needs its own {name}; it is missing or the demo's.")
        return value

    def required(self, name: str, default: str) -> str:
        """A value with a default outside production only."""
        value: str = self.env.str(name, "" if self.is_production else default)
        if not value:
            raise ImproperlyConfigured(f"Production needs {name}.")
        return value

    def refuse_in_production(self, name: str, value: object) -> None:
        """Raise when a demo control is switched on in production."""
        if self.is_production and value:
            raise ImproperlyConfigured(f"{name} belongs to the demo; production refuses it.")
