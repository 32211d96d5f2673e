"""The devices of this machine: its folder alone, or a folder below it for each of several GPUs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from training_cluster.folder import Folder
from training_cluster.hardware import gpus
from training_cluster.programs import Program

PREFIX = "gpu-"


def device_folders(home: Path) -> list[Path]:
    """One for each device that was paired here."""
    several = sorted(home.glob(f"{PREFIX}*/device.json"), key=lambda file: _index(file.parent))
    return [file.parent for file in several] or [home]


def folders_to_pair(home: Path) -> list[Folder]:
    """One for each GPU; the machine's own folder where there is one GPU or none."""
    found = len(gpus())
    if found < 2:
        return [Folder(home)]
    return [Folder(home / f"{PREFIX}{index}") for index in range(found)]


def gpu_of(folder: Path) -> int | None:
    """The index of the GPU that a folder stands for; None where the machine computes on its CPU."""
    if folder.name.startswith(PREFIX):
        return _index(folder)
    return 0 if gpus() else None


def _index(folder: Path) -> int:
    return int(folder.name.removeprefix(PREFIX))


def children(home: Path, folders: Sequence[Path], command: str, arguments: Sequence[str]) -> list[Program]:
    """An agent for each GPU, in a process group of its own: each sees its GPU alone and takes its own leases."""
    return [
        Program(
            folder.name,
            [sys.executable, "-m", "training_cluster.worker", "--state", str(home), command, "--gpu",
             str(_index(folder)), *arguments],
            {"PYTHONUNBUFFERED": "1"},
            folder / "agent.log",
        )
        for folder in folders
    ]  # fmt: skip
