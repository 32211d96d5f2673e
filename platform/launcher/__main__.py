"""`python -m launcher run | reset | npm … | browser`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable

from launcher.errors import LaunchError
from launcher.run import run, state_dir
from launcher.tools import ensure_chromium, npm


def reset() -> int:
    """Delete the state folder after a question."""
    folder = state_dir()
    if input(f"Delete all data of the demo in {folder}? Type yes: ").strip() != "yes":
        print("Nothing was deleted.")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def main(arguments: list[str]) -> int:
    """Run one command; a LaunchError becomes a sentence and status 1."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    commands: dict[str, Callable[[], int]] = {
        "run": run,
        "reset": reset,
        "browser": ensure_chromium,
        "npm": lambda: npm(rest),
    }
    # Nothing may start by an option that was mistyped, or because somebody asked for help.
    if command not in commands or (rest and command != "npm"):
        print(__doc__)
        return 2
    try:
        return commands[command]()
    except LaunchError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
