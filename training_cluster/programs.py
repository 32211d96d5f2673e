"""Child programs that are kept running, each in its own process group, restarted with a growing pause."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from training_cluster.lifetime import die_with_parent, end_group

logger = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STEADY_SECONDS = 60.0


@dataclass(slots=True)
class Program:
    """A child that is kept running; `slot` is its port above the base, where it has one."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    slot: int = -1
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = field(default=FIRST_PAUSE)
    not_before: float = 0.0

    def keep(self) -> None:
        """Start it when it is not running and its pause is over."""
        if self.process is not None and self.process.poll() is None:
            return
        now = time.monotonic()
        if self.process is not None:
            self._note_end(self.process, now)
        if now >= self.not_before:
            self._start(now)

    def _start(self, now: float) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.argv,
                env={**os.environ, **self.env},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # reason: this process has a single thread
            )
        self.started = now
        logger.info("program_started name=%s pid=%d", self.name, self.process.pid)

    def _note_end(self, process: subprocess.Popen[bytes], now: float) -> None:
        end_group(process.pid, signal.SIGKILL)
        self.pause = FIRST_PAUSE if now - self.started > STEADY_SECONDS else min(self.pause * 2, LONGEST_PAUSE)
        self.not_before = now + self.pause
        logger.warning("program_ended name=%s status=%s again_in=%.0f", self.name, process.returncode, self.pause)
        self.process = None


def stop_programs(programs: Iterable[Program], seconds: float) -> None:
    """SIGTERM to all at once; after `seconds` SIGKILL to what is left of each group."""
    running = [(program, program.process) for program in programs if program.process is not None]
    for _, process in running:
        end_group(process.pid, signal.SIGTERM)
    until = time.monotonic() + seconds
    for program, process in running:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            logger.warning("program_killed name=%s", program.name)
        end_group(process.pid, signal.SIGKILL)
        process.wait()
        program.process = None
