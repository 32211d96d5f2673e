"""The two sources of the verdict: what a machine wrote down itself, and the platform's blocks of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SECOND = 1_000_000
COUNTED = ("verified", "settled")


def lines_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """What an agent wrote down; a last line that a kill cut is left out."""
    file = folder / "agents" / name / "done.jsonl"
    text = file.read_text() if file.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def blocks_of(device_id: str) -> dict[str, Any]:
    """The platform's blocks of a machine, by lease."""
    from compute_pledges.models import WorkResult

    blocks = WorkResult.objects.filter(device_id=device_id).select_related("lease")
    return {str(block.pk): block for block in blocks}
