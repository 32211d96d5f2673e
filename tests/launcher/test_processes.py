"""No process is left: neither after an orderly stop nor after kill -9 of the supervisor."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from launcher.errors import LaunchError
from launcher.places import Ports, require_free
from launcher.processes import Service, Supervisor, group_exists

CHILD_WITH_CHILD = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); p.wait()"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def wait_gone(pgid, seconds=15):
    until = time.monotonic() + seconds
    while time.monotonic() < until and group_exists(pgid):
        time.sleep(0.05)
    return not group_exists(pgid)


def test_stop_ends_whole_groups_in_reverse_order(tmp_path):
    supervisor = Supervisor(tmp_path)
    groups = [
        supervisor.start(Service("first", [sys.executable, "-c", CHILD_WITH_CHILD])).process.pid,
        supervisor.start(Service("second", [sys.executable, "-c", STUBBORN], stop_seconds=0.3)).process.pid,
    ]
    supervisor.stop()
    assert [group_exists(group) for group in groups] == [False, False]


def test_a_service_that_dies_says_so_with_its_log(tmp_path):
    supervisor = Supervisor(tmp_path)
    with pytest.raises(LaunchError, match=r"broken stopped with status 3(?s:.*)it was the cable"):
        supervisor.start(
            Service("broken", [sys.executable, "-c", "print('it was the cable'); exit(3)"], ready=lambda: False)
        )
    supervisor.stop()


def test_kill_9_of_the_supervisor_leaves_nothing(tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from launcher.processes import *;"
        f"s = Supervisor(Path({str(tmp_path)!r}));"
        f"r = s.start(Service('child', [sys.executable, '-c', {CHILD_WITH_CHILD!r}]));"
        "print(r.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        group = int(parent.stdout.readline())
    assert group_exists(group)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert wait_gone(group)


def test_a_taken_port_is_named_with_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LaunchError, match=f"Port {port} for the site is taken.*WEB_PORT=PORT make run"):
            require_free(port, "the site", "WEB_PORT")


def test_ports_are_overridable_and_checked(monkeypatch):
    monkeypatch.setenv("WEB_PORT", "8123")
    assert Ports.from_environment().web == 8123
    monkeypatch.setenv("WEB_PORT", "eighty")
    with pytest.raises(LaunchError, match="is not a port"):
        Ports.from_environment()
