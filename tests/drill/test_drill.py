"""The whole drill, small: one line of JSON at the end, a status that says whether anything differs, nothing left."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from launcher.places import ROOT

ARGUMENTS = ["--seed", "7", "--pledges", "60"]
SECONDS = 480


@pytest.fixture
def start(tmp_path):
    """Starts a drill whose folder is under this test's own; it is ended whatever happens."""
    started, progress = [], (tmp_path / "progress").open("w")

    def begin(*more):
        own = ("DATABASE_URL", "REDIS_URL", "COMMONWEAVE_MODE", "COMMONWEAVE_STATE_DIR", "DJANGO_ALLOW_ASYNC_UNSAFE")
        environment = {name: value for name, value in os.environ.items() if name not in own}
        argv = [sys.executable, "-m", "bench.drill", *ARGUMENTS, *more]
        process = subprocess.Popen(
            argv, cwd=ROOT, env={**environment, "TMPDIR": str(tmp_path)}, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=progress,
        )  # fmt: skip
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)
        process.stdout.close()
    progress.close()


def processes_of(folder):
    """Pids whose command line or folder of work speaks of the drill's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"{folder}/commonweave-drill-" in (entry / "environ").read_text(
                errors="replace"
            ):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_a_small_drill_accounts_for_every_cent(start, tmp_path):
    drill = start()
    out, _ = drill.communicate(timeout=SECONDS)
    assert out.count("\n") == 1, (tmp_path / "progress").read_text()
    line = json.loads(out)
    assert drill.returncode == 0, out
    assert line["seed"] == 7
    assert line["pledges"] >= 60
    assert line["collected"] > 20
    assert (line["double_charges"], line["lost_cents"], line["unsettled"], line["differences"]) == (0, 0, 0, [])
    assert set(line["ledger_difference_minor"].values()) == {0}
    assert line["faults"] > 0
    assert line["forged_refused"] > 0
    assert sum(line["kills"].values()) > 0
    assert not processes_of(tmp_path)
    assert not list(tmp_path.glob("commonweave-drill-*"))


def test_an_interrupted_drill_leaves_nothing(start, tmp_path):
    drill = start()
    until = time.monotonic() + 60
    while len(processes_of(tmp_path)) < 4 and time.monotonic() < until:
        time.sleep(0.2)
    assert len(processes_of(tmp_path)) >= 4
    drill.send_signal(signal.SIGINT)
    assert drill.wait(60) == 130
    assert not processes_of(tmp_path)
    assert not list(tmp_path.glob("commonweave-drill-*"))
