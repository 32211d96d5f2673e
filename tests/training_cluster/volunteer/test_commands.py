"""The agent's commands as a person types them: what they say, what they keep, what they refuse."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from training_cluster.folder import Folder
from training_cluster.volunteer import commands, devices
from training_cluster.volunteer.guard import paused_until
from training_cluster.volunteer.guest import Guest
from training_cluster.worker import main


class Platform(BaseHTTPRequestHandler):
    """Answers as the platform's API does, and remembers what it was asked; signatures are checked elsewhere."""

    def do_GET(self):
        self._answer({"state": "active", "name": "Attic <1>", "message": "No run needs this machine now."})

    def do_DELETE(self):
        self._answer(None, 204)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answers = {
            "/identity/o/api/device/code": {
                "device_code": "d", "user_code": "ABCD-EFGH", "interval": 0.01, "expires_in": 5
            },
            "/identity/o/api/token": {"access_token": "t"},
            "/api/v1/devices/challenge": {"challenge_id": "c", "challenge": "00" * 32},
        }  # fmt: skip
        if self.path == "/api/v1/devices":
            enrolled = json.loads(body)
            self.server.enrolled.append(enrolled)
            self._answer({"device_id": hashlib.sha256(enrolled["public_key"].encode()).hexdigest()[:12]}, 201)
        else:
            self._answer(answers.get(self.path, {}))

    def _answer(self, body, status=200):
        self.server.asked.append((self.command, self.path, self.headers.get("X-Commonweave-Device")))
        payload = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        """Nothing on the terminal."""


@pytest.fixture
def platform():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    server.asked, server.enrolled = [], []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(tmp_path, capsys):
    def command(*arguments):
        code = main(["--state", str(tmp_path / "home"), *arguments])
        return code, capsys.readouterr().out

    command.home = tmp_path / "home"
    return command


def test_login_says_what_the_agent_may_do_and_keeps_one_key(platform, run):
    code, said = run("login", "--platform", platform.url, "--name", "Attic")
    assert code == 0
    assert "It may not: listen on a port" in said
    assert f"Open {platform.url}/identity/o/device and enter the code ABCD-EFGH" in said
    assert said.index("It may:") < said.index("ABCD-EFGH") < said.index("Paired as Attic.")
    assert [item["name"] for item in platform.enrolled] == ["Attic"]
    assert (run.home / "device.pem").stat().st_mode & 0o077 == 0


def test_each_gpu_becomes_a_device_with_its_own_key(platform, run, monkeypatch):
    monkeypatch.setattr(devices, "gpus", lambda: ["A", "B"])
    monkeypatch.setattr(commands, "hardware", lambda index: {"kind": "cuda", "name": f"GPU {index}", "memory_bytes": 1})
    code, said = run("login", "--platform", platform.url, "--name", "Tower")
    assert code == 0
    assert [(item["name"], item["hardware"]["name"]) for item in platform.enrolled] == [
        ("Tower GPU 0", "GPU 0"),
        ("Tower GPU 1", "GPU 1"),
    ]
    assert len({item["public_key"] for item in platform.enrolled}) == 2
    code, said = run("logout")
    assert "the key is gone" in said
    deleted = {device for verb, path, device in platform.asked if verb == "DELETE" and path == "/api/v1/device"}
    assert len(deleted) == 2
    assert not list(run.home.glob("gpu-*"))


def test_logging_out_forgets_the_key_and_keeps_the_limits(platform, run):
    run("login", "--platform", platform.url, "--name", "Attic")
    run("limits", "temperature-c=75")
    assert run("logout")[0] == 0
    assert sorted(file.name for file in run.home.iterdir() if file.is_file()) == ["limits.json"]
    assert "This machine is not paired." in run("logout")[1]


def test_logging_out_while_the_platform_is_away_keeps_everything(run, tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "PATIENCE_SECONDS", 0.2)
    folder = Folder(run.home)
    folder.remember("http://127.0.0.1:9", "some-device")
    assert folder.key
    code, said = run("logout")
    assert code == 1
    assert "Start me again once it is back" in said
    assert (run.home / "device.pem").exists()


def test_a_pause_ends_by_itself_or_when_told(run):
    code, said = run("pause", "2h")
    assert code == 0
    assert "Resting until" in said
    assert paused_until(run.home) == pytest.approx(time.time() + 7200, abs=5)
    assert "Going on." in run("resume")[1]
    assert paused_until(run.home) is None
    assert "There was no pause." in run("resume")[1]
    assert "until `resume`" in run("pause")[1]


@pytest.mark.parametrize("text", ["2", "h", "-2h", "2 weeks", "2h30"])
def test_a_time_that_cannot_be_understood_pauses_nothing(run, text):
    code, said = run("pause", "--", text)
    assert code == 1
    assert "is no time" in said
    assert paused_until(run.home) is None if run.home.exists() else True


def test_limits_change_all_or_none_and_are_shown(run):
    code, said = run("limits", "up-mbit=5", "temperature-c=9000")
    assert code == 1
    assert "temperature-c is between 40 and 110" in said
    assert "5 Mbit/s" not in run("limits")[1]
    said = run("limits", "up-mbit=5", "hours=Mon-Fri 20-8")[1]
    assert "5 Mbit/s" in said
    assert "Mon 20-24" in said


def test_status_shows_devices_limits_pause_and_what_the_platform_says(platform, run):
    run("login", "--platform", platform.url, "--name", "Attic")
    run("limits", "temperature-c=75")
    run("pause", "1d")
    said = run("status", "--once")[1]
    assert "Attic <1>" in said
    assert "not running" in said
    assert "75 °C" in said
    assert "Paused until" in said
    assert "No run needs this machine now." in said
    working = Folder(run.home)
    working.lock()
    guest = Guest(run.home, run.home, None)
    guest.tell(text="Joined", round=7, steps=3, max_steps=10, loss=2.5, blocks=4, lost_blocks=2, reported_us=9_000_000)
    said = run("status", "--once")[1]
    assert "2.500" in said
    assert "2 lost" in said
    assert "Joined" in said
    working._lock.close()
    assert "not running" in run("status", "--once")[1]


def test_status_says_that_the_platform_is_away(run, monkeypatch):
    monkeypatch.setattr(commands, "PATIENCE_SECONDS", 0.2)
    Folder(run.home).remember("http://127.0.0.1:9", "some-device")
    said = run("status", "--once")[1]
    assert "away" in said


def test_a_machine_that_is_not_paired_is_told_how(run):
    for command in (("status",), ("run",), ("calibrate",), ("bench", "--seconds", "1")):
        code, said = run(*command)
        assert code == 1
        assert "commonweave-worker login --platform" in said


def test_a_benchmark_without_network_needs_no_account(run):
    code, said = run("bench", "--seconds", "0.2", "--no-network")
    assert code == 0
    assert "tokens/s" in said
    assert "Mbit/s" not in said
