"""The platform's programs in the order in which they start, with their environment."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from config.environment import DEMO_CLUSTER_TOKEN, OUTWARD
from launcher.errors import LaunchError
from launcher.places import ROOT, Ports, is_listening
from launcher.processes import Service


def answers(url: str) -> Callable[[], bool]:
    """A readiness check: the address answers 200."""

    def check() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  # reason: loopback, our own address
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return check


class Stack:
    """Everything beside the two databases. `environment` is what every program sees."""

    def __init__(self, state: Path, ports: Ports, database_url: str, redis_url: str, mode: str = "demo") -> None:
        self.state, self.ports = state, ports
        self.site = f"http://127.0.0.1:{ports.web}"
        self.environment = {
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "COMMONWEAVE_MODE": mode,
            "COMMONWEAVE_STATE_DIR": str(state),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SITE_URL": self.site,
            "EVENTS_URL": f"http://127.0.0.1:{ports.events}",
            "STRIPE_API_BASE": f"http://127.0.0.1:{ports.stripe}",
        }

    def manage(self, *arguments: str) -> list[str]:
        """The argv of a management command."""
        return [sys.executable, str(ROOT / "manage.py"), *arguments]

    def web_services(self) -> Iterator[Service]:
        """Stand-in, web, event stream, Celery workers and beat."""
        python, ports = sys.executable, self.ports
        if is_installed(ROOT / "payments" / "stripe_standin" / "__main__.py"):
            yield Service(
                "stripe-standin",
                [
                    python, "-m", "payments.stripe_standin", "--port", str(ports.stripe),
                    "--state-dir", str(self.state / "stripe"), "--webhook-url", f"{self.site}/webhooks/stripe/",
                ],
                self.environment,
                ready=lambda: is_listening(ports.stripe),
            )  # fmt: skip
        yield Service(
            "web",
            [
                python, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{ports.web}",
                "--workers", "2", "--worker-class", "gthread", "--threads", "6", "--timeout", "60",
                "--graceful-timeout", "5", "--no-control-socket",
            ],
            self.environment,
            ready=answers(f"{self.site}/healthz"),
        )  # fmt: skip
        yield Service(
            "events",
            [
                python, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(ports.events),
                "--log-level", "warning", "--timeout-graceful-shutdown", "2",
            ],
            {**self.environment, "DB_CONN_MAX_AGE": "0"},
            ready=answers(f"{self.environment['EVENTS_URL']}/healthz"),
        )  # fmt: skip
        yield Service(
            "worker",
            [
                python, "-m", "celery", "-A", "config", "worker", "-Q", "celery", "-n", "worker@%h", "--concurrency",
                "2", "--loglevel", "INFO",
            ],
            self.environment,
            stop_seconds=20,
        )  # fmt: skip
        # One process, and killed where it reads on: what it was at is taken up again from its row.
        yield Service(
            "worker-outward",
            [
                python, "-m", "celery", "-A", "config", "worker", "-Q", OUTWARD, "-n", "outward@%h", "--pool", "solo",
                "--loglevel", "INFO",
            ],
            self.environment,
            stop_seconds=5,
        )  # fmt: skip
        yield Service(
            "beat",
            [python, "-m", "celery", "-A", "config", "beat", "--loglevel", "INFO", "--pidfile="],
            self.environment,
        )

    def manager_service(self) -> Service:
        """The cluster manager, niced: it keeps an anchor for each run and an auditor."""
        return Service(
            "cluster-manager",
            [
                require_cluster_python(), "-m", "training_cluster.manager", "--platform", self.site,
                "--state", str(self.state / "cluster"), "--port", str(self.ports.anchor),
            ],
            {**self.environment, "CLUSTER_TOKEN": os.environ.get("CLUSTER_TOKEN", DEMO_CLUSTER_TOKEN)},
            stop_seconds=20,
            nice=5,
        )  # fmt: skip

    def volunteer(self, number: int, *command: str) -> list[str]:
        """The argv of one of the demo's volunteers."""
        folder = str(self.state / "volunteers" / str(number))
        return [require_cluster_python(), "-m", "training_cluster.worker", "--state", folder, *command]

    def volunteer_service(self, number: int) -> Service:
        """A small local volunteer: one thread, niced, so that pages stay quick."""
        return Service(
            f"volunteer-{number}",
            self.volunteer(number, "run", "--threads", "1", "--nice", "0"),
            self.environment,
            stop_seconds=25,
            nice=15,
            is_essential=False,
        )


def is_installed(path: Path) -> bool:
    """Whether a part of the checkout is there."""
    return path.exists()


def require_cluster_python() -> str:
    """The interpreter of the training cluster's environment. Raises LaunchError."""
    python = ROOT / ".venv-cluster" / "bin" / "python"
    if not python.exists():
        raise LaunchError("The training cluster is not installed. Run `make install`.")
    return str(python)
