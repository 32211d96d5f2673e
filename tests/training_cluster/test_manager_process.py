"""The manager as it is started, against a platform that has no runs: its auditor is kept alive and taken along."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def platform():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(200, json.dumps({"runs": [], "auditor_token": "auditing"}).encode())

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.answer(204, b"")

        def answer(self, status, payload):
            self.server.callers.append(self.headers["Authorization"])
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.callers = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def manager(platform, tmp_path):
    argv = [sys.executable, "-m", "training_cluster.manager", "--platform", f"http://127.0.0.1:{platform.server_port}"]
    argv += ["--state", str(tmp_path)]
    environment = {**os.environ, "CLUSTER_TOKEN": "managing", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(argv, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def children_of(pid):
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(found, seconds=90.0):
    until = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)
    return value


def test_a_killed_auditor_is_started_again_and_nothing_is_left_at_the_end(platform, manager):
    first = wait_for(lambda: children_of(manager.pid))
    wait_for(lambda: "Bearer auditing" in platform.callers)
    os.kill(first[0], signal.SIGKILL)
    second = wait_for(lambda: [pid for pid in children_of(manager.pid) if pid not in first])
    assert "Bearer managing" in platform.callers
    manager.terminate()
    assert manager.wait(15) == 0
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in second))


def test_a_killed_manager_takes_its_programs_along(platform, manager):
    programs = wait_for(lambda: children_of(manager.pid))
    wait_for(lambda: "Bearer auditing" in platform.callers)
    manager.kill()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in programs))
