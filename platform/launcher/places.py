"""Where things are and on which ports: one state folder, ports that an environment variable overrides."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field, fields
from pathlib import Path

from launcher.errors import LaunchError

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports, all below 32768 so that no outgoing connection can sit on them."""

    web: int = field(default=8000, metadata={"env": "WEB_PORT"})
    events: int = field(default=8001, metadata={"env": "EVENTS_PORT"})
    stripe: int = field(default=28420, metadata={"env": "STRIPE_STANDIN_PORT"})
    postgres: int = field(default=25432, metadata={"env": "POSTGRES_PORT"})
    valkey: int = field(default=26379, metadata={"env": "VALKEY_PORT"})
    anchor: int = field(default=28500, metadata={"env": "ANCHOR_PORT"})

    @classmethod
    def from_environment(cls) -> Ports:
        """Ports with overrides. Raises LaunchError for a value that is no port."""
        chosen: dict[str, int] = {}
        for item in fields(cls):
            name = item.metadata["env"]
            if text := os.environ.get(name, ""):
                if not text.isdecimal() or not 1 <= int(text) <= 65535:
                    raise LaunchError(f"{name}={text!r} is not a port. Use a number from 1024 to 65535.")
                chosen[item.name] = int(text)
        return cls(**chosen)

    @classmethod
    def free(cls) -> Ports:
        """Ports that nothing listens on at this moment."""
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in fields(cls)]
        numbers = [s.getsockname()[1] for s in sockets]
        for s in sockets:
            s.close()
        return cls(*numbers)


def require_free(port: int, name: str, variable: str) -> None:
    """Raise LaunchError that names the port when something listens on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LaunchError(
                f"Port {port} for {name} is taken. Stop what uses it, or choose another: {variable}=PORT make run"
            ) from error


def is_listening(port: int) -> bool:
    """Whether a connection to the port succeeds."""
    try:
        socket.create_connection(("127.0.0.1", port), 0.3).close()
    except OSError:
        return False
    return True
