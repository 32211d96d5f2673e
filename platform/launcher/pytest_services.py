"""pytest plugin: each test run has its own PostgreSQL and Valkey on free ports, in a folder that goes at the end.

The addresses must stand in the environment before Django's settings are read, so they are chosen on import; the
servers start when pytest is configured. `TEST_DATABASE_URL` and `TEST_REDIS_URL` use servers of your own instead.

With several processes (pytest-xdist) the servers are shared: each process has its own database of both, and its own
folder, for tests empty the cache and read each other's keys otherwise.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from launcher.places import Ports
from launcher.postgres import EmbeddedPostgres
from launcher.processes import Supervisor
from launcher.valkey import valkey_service

_worker = os.environ.get("PYTEST_XDIST_WORKER")  # gw0, gw1, …


def _start() -> None:
    folder = Path(tempfile.mkdtemp(prefix="commonweave-test-"))
    ports = Ports.free()
    supervisor = Supervisor(folder / "logs")

    def stop() -> None:
        supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    os.environ["COMMONWEAVE_STATE_DIR"] = str(folder)
    if url := os.environ.get("TEST_DATABASE_URL"):
        os.environ["DATABASE_URL"] = url
    else:
        postgres = EmbeddedPostgres(folder, ports.postgres, durable=False)
        postgres.initialize()
        supervisor.start(postgres.service())
        os.environ["DATABASE_URL"] = postgres.url
    if url := os.environ.get("TEST_REDIS_URL"):
        os.environ["REDIS_URL"] = url
    else:
        supervisor.start(valkey_service(folder, ports.valkey))
        os.environ["REDIS_URL"] = f"redis://127.0.0.1:{ports.valkey}/0"


def _keep_apart(worker: str) -> None:
    """Runs in a process that pytest-xdist started, with the first process's addresses in its environment."""
    folder = Path(os.environ["COMMONWEAVE_STATE_DIR"]) / worker
    folder.mkdir()
    os.environ["COMMONWEAVE_STATE_DIR"] = str(folder)
    server, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{server}/{int(worker.removeprefix('gw')) + 1}"


if _worker:
    _keep_apart(_worker)
else:
    os.environ["COMMONWEAVE_MODE"] = "test"
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    _start()
