"""What the manager keeps running, with real processes."""

import os
import signal
import sys
import time

import pytest

from training_cluster import programs
from training_cluster.manager import Manager
from training_cluster.programs import Program, stop_programs

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]); time.sleep(60)"


@pytest.fixture
def make(tmp_path):
    made = []

    def program(code, name="program"):
        made.append(Program(name, [sys.executable, "-c", code], {}, tmp_path / f"{name}.log"))
        return made[-1]

    yield program
    stop_programs(made, 1)


def wait_for(condition, seconds=10.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def started(program):
    program.keep()
    wait_for(lambda: "up" in program.log.read_text())
    return program


def test_a_killed_program_is_started_again_after_a_pause(make, monkeypatch):
    monkeypatch.setattr(programs, "FIRST_PAUSE", 0.1)
    program = make(SLEEPER)
    program.pause = 0.1
    first = started(program).process
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    program.keep()
    assert program.process is None
    wait_for(lambda: program.keep() or program.process is not None)
    assert program.process.pid != first.pid


def test_the_pause_grows_while_a_program_keeps_ending(make):
    program = make("raise SystemExit(1)")
    pauses = []
    for _ in range(3):
        program.not_before = 0.0
        program.keep()
        program.process.wait()
        program.not_before = float("inf")
        program.keep()
        pauses.append(program.pause)
    assert pauses == [2.0, 4.0, 8.0]


def test_stopping_ends_the_whole_group_even_when_it_is_stubborn(make):
    program, other = started(make(PARENT)), started(make(STUBBORN, "other"))
    groups = [program.process.pid, other.process.pid]
    begun = time.monotonic()
    stop_programs([program, other], 0.5)
    assert time.monotonic() - begun < 3
    for group in groups:
        wait_for(lambda group=group: not is_alive(group))


def is_alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


class Desired:
    """The platform's list."""

    def __init__(self, *runs):
        self.runs, self.exchanges = runs, {}

    def get(self, path):
        assert path == "/api/v1/cluster/desired"
        listed = [
            {"run_id": run, "token": f"{run}.secret", "exchange": self.exchanges.get(run, "upload")}
            for run in self.runs
        ]
        return {"runs": listed, "auditor_token": "auditing"}


def test_each_open_run_has_an_anchor_on_its_own_port_and_one_auditor_serves_all(tmp_path):
    manager = Manager("http://platform", Desired("run-a", "run-b"), tmp_path, "127.0.0.1", 5000)
    manager.reconcile()
    listens = [program.argv[program.argv.index("--listen") + 1] for program in manager.anchors.values()]
    assert listens == ["/ip4/127.0.0.1/tcp/5000", "/ip4/127.0.0.1/tcp/5001"]
    assert [program.name for program in manager.programs()] == ["anchor-run-a", "anchor-run-b", "auditor-0"]
    assert "run-a.secret" not in " ".join(manager.anchors["run-a"].argv)


def test_reducers_share_each_run_and_go_with_it(tmp_path):
    api = Desired("run-a", "run-b")
    manager = Manager("http://platform", api, tmp_path, "127.0.0.1", 5000, reducers=2)
    manager.reconcile()
    names = ["reducer-run-a-0", "reducer-run-a-1", "reducer-run-b-0", "reducer-run-b-1"]
    assert [program.name for program in manager.programs()] == ["anchor-run-a", "anchor-run-b", *names, "auditor-0"]
    argv = manager.anchors["run-a"].argv
    assert argv[argv.index("--reducers") + 1] == "2"
    api.runs = ("run-b",)
    manager.reconcile()
    assert [program.name for program in manager.programs()] == ["anchor-run-b", *names[2:], "auditor-0"]
    api.exchanges["run-b"] = "hivemind"
    manager.reconcile()
    assert [program.name for program in manager.programs()] == ["anchor-run-b", "auditor-0"]
    api.exchanges["run-b"] = "upload"
    manager.reconcile()
    assert [program.name for program in manager.programs()] == ["anchor-run-b", *names[2:], "auditor-0"]


def test_an_anchor_announces_the_public_name(tmp_path):
    public = "anchor.example.org"
    manager = Manager("http://platform", Desired("run-a"), tmp_path, "0.0.0.0", 5000, public_host=public)
    manager.reconcile()
    argv = manager.anchors["run-a"].argv
    assert argv[argv.index("--listen") + 1] == "/ip4/0.0.0.0/tcp/5000"
    assert argv[argv.index("--announce") + 1] == "/dns4/anchor.example.org/tcp/5000"


def test_a_stopped_run_frees_its_port_for_the_next(tmp_path):
    api = Desired("run-a", "run-b")
    manager = Manager("http://platform", api, tmp_path, "127.0.0.1", 5000)
    manager.reconcile()
    api.runs = ("run-b", "run-c")
    manager.reconcile()
    assert {run: program.slot for run, program in manager.anchors.items()} == {"run-b": 1, "run-c": 0}
