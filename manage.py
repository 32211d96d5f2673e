#!/usr/bin/env python
"""Django's command line, with the `platform/` source root on the path."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Run one management command."""
    root = Path(__file__).resolve().parent
    # platform/ is a source root, not a package: see docs/decisions/0001-name-trap.md.
    sys.path[:0] = [str(root / "platform")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
