"""The money drill's processes: databases, the provider's stand-in, site, three workers and beat."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from bench.drill import orders
from bench.stack.house import House
from launcher.processes import Service
from launcher.stack import Stack

WORKERS = 3
CALLS_A_SECOND = "150"


class MoneyHouse(House):
    """Only this process's own addresses and keys, never those of another stack."""

    def __init__(self, folder: Path) -> None:
        more = {
            "PROVIDER_CALLS_A_SECOND": CALLS_A_SECOND,
            "STRIPE_SECRET_KEY": orders.KEY,
            "STRIPE_PUBLISHABLE_KEY": orders.PUBLISHABLE_KEY,
            "STRIPE_WEBHOOK_SECRET": orders.WEBHOOK_SECRET,
        }
        super().__init__(folder, more)

    def chosen(self, stack: Stack) -> Iterable[Service]:
        """Stand-in, site, workers, beat."""
        given = {service.name: service for service in stack.web_services()}
        return (given["stripe-standin"], given["web"], *self._workers(), given["beat"])

    def _workers(self) -> list[Service]:
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "prefork", "--concurrency", "1"]
        return [
            Service(f"worker-{n}", [*command, "-n", f"drill{n}@%h", "--loglevel", "WARNING"], stop_seconds=8)
            for n in range(1, WORKERS + 1)
        ]
