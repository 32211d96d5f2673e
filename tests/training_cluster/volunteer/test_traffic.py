"""Bandwidth: paced, counted by month, and whole at the other end."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from training_cluster.client import Api, bearer
from training_cluster.volunteer import traffic
from training_cluster.volunteer.traffic import CHUNK, MBIT, Meter, Pace, Traffic


class Echo(BaseHTTPRequestHandler):
    """Gives back what it got, whose length must have been announced."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def test_every_byte_arrives_counted_in_both_directions(server, tmp_path):
    meter = Meter(tmp_path)
    api = Api(server, bearer("x"), traffic=Traffic(meter))
    assert api.post("/", {"text": "a" * 200_000}) == {"text": "a" * 200_000}
    assert meter.this_month() == 2 * (200_000 + len('{"text": ""}'))


def test_a_pace_makes_the_bytes_take_their_time():
    slept = []
    pace = Pace(lambda: 8.0, slept.append)
    for _ in range(4):
        pace.wait(CHUNK)
    assert slept[-1] == pytest.approx(4 * CHUNK / (8 * MBIT), rel=0.2)


def test_no_limit_never_waits():
    slept = []
    Pace(sleep=slept.append).wait(10**9)
    assert slept == []


def test_a_body_is_read_in_chunks_and_says_its_length():
    body = traffic.Body(b"x" * (CHUNK + 5), Pace())
    assert len(body) == CHUNK + 5
    parts = [len(body.read()), len(body.read()), len(body.read())]
    assert parts == [CHUNK, 5, 0]


def test_a_new_month_begins_at_nothing(tmp_path, monkeypatch):
    meter = Meter(tmp_path)
    meter.add(up=7)
    monkeypatch.setattr(traffic, "_month", lambda: "2031-01")
    assert meter.this_month() == 0
    meter.add(down=3)
    assert meter.this_month() == 3


def test_agents_of_several_gpus_count_together(tmp_path):
    count = (
        "import pathlib, sys; from training_cluster.volunteer.traffic import Meter\n"
        "for _ in range(200): Meter(pathlib.Path(sys.argv[1])).add(up=1)"
    )
    agents = [subprocess.Popen([sys.executable, "-c", count, str(tmp_path)]) for _ in range(3)]
    assert [agent.wait(60) for agent in agents] == [0, 0, 0]
    assert Meter(tmp_path).this_month() == 600
