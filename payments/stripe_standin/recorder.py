"""Keeps every request in a file when the control `record` names one, for checks against the specification."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.requests import Request


class Recorder:
    """Appends one JSON line for each request: method, path, query, body and the status of the answer."""

    def __init__(self) -> None:
        self.path: Path | None = None

    def follow(self, named: str | None) -> None:
        """Write to this file from now on; nothing for an empty name."""
        self.path = Path(named) if named else None

    def record(self, request: Request, body: bytes, status: int) -> None:
        """Append; called on the event loop only, so lines never mix."""
        if self.path is None:
            return
        line = {
            "method": request.method, "path": request.url.path, "query": request.url.query,
            "body": body.decode(errors="replace"), "status": status,
        }  # fmt: skip
        with self.path.open("a") as lines:
            lines.write(json.dumps(line) + "\n")
