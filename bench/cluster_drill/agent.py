"""An agent of the drill: `python -m bench.cluster_drill.agent honest|CHEAT --state FOLDER run`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from training_cluster.worker import main

if TYPE_CHECKING:
    from training_cluster.agent import Agent


def chosen() -> type[Agent]:
    """Only now, once threads and priority are set: PyTorch looks at them when it is loaded."""
    os.environ.setdefault("HIVEMIND_LOGLEVEL", "CRITICAL")
    if sys.argv[1] == "honest":
        from bench.cluster_drill.witness import Witnessed

        return Witnessed
    from bench.cluster_drill.tricks import ALL

    return ALL[sys.argv[1]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:], chosen))
