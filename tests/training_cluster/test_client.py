"""The API client against a real HTTP server that fails in the ways a platform does."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from training_cluster.client import Api, ApiError, PlatformAway, bearer
from training_cluster.pairing import PairingFailed, wait_for_approval


@pytest.fixture
def platform():
    """Answers in turn with what the test put into `answers`: (status, body)."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            self.server.seen.append((self.command, self.path, self.headers.get("Authorization")))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body, *headers = self.server.answers.pop(0)
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = answer  # noqa: N815  # reason: the base class calls these names

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.seen = [], []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_platform_that_is_away_for_a_moment_is_waited_for(platform):
    platform.answers = [(503, b"away"), (500, b""), (200, {"state": "running"})]
    assert Api(platform.url, bearer("t"), 10).get("/api/v1/x") == {"state": "running"}
    assert platform.seen == [("GET", "/api/v1/x", "Bearer t")] * 3


def test_a_platform_that_stays_away_is_given_up_with_its_address(platform):
    platform.answers = [(503, b"")] * 9
    with pytest.raises(PlatformAway, match=platform.url):
        Api(platform.url, bearer("t"), 0.8).get("/")


def test_a_program_that_asks_too_often_waits_as_long_as_it_is_told(platform):
    platform.answers = [(429, {"detail": "slow down"}, ("Retry-After", "1")), (200, {"state": "running"})]
    begun = time.monotonic()
    assert Api(platform.url, bearer("t"), 10).get("/") == {"state": "running"}
    assert time.monotonic() - begun >= 1
    platform.answers = [(429, {"detail": "slow down"}, ("Retry-After", "60"))]
    with pytest.raises(ApiError, match="slow down") as refused:
        Api(platform.url, bearer("t"), 10).get("/")
    assert refused.value.retry_after == 60


def test_a_stop_ends_the_wait_at_once():
    stopping = threading.Event()
    threading.Timer(0.3, stopping.set).start()
    begun = time.monotonic()
    with pytest.raises(PlatformAway):
        Api("http://127.0.0.1:9", bearer("t"), 600, stopping).get("/")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("status", "body", "code", "text"),
    [
        (409, {"code": "no_work_now", "message": "Later.", "retry_after": 1.5}, "no_work_now", "Later."),
        (401, {"detail": "This device is unknown or revoked. Pair it again."}, "", "Pair it again"),
        (404, b"<html>not found</html>", "", "Not Found"),
    ],
)
def test_a_refusal_carries_the_platforms_words(platform, status, body, code, text):
    platform.answers = [(status, body)]
    with pytest.raises(ApiError, match=text) as refusal:
        Api(platform.url, bearer("t")).post("/api/v1/leases")
    assert (refusal.value.status, refusal.value.code) == (status, code)


def test_a_blob_whose_bytes_do_not_match_its_name_is_refused(platform):
    platform.answers = [(200, b"right"), (200, b"wrong")]
    name = hashlib.sha256(b"right").hexdigest()
    api = Api(platform.url, bearer("t"))
    assert api.get_blob(name) == b"right"
    with pytest.raises(ApiError, match="do not match"):
        api.get_blob(name)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([(400, {"error": "authorization_pending"}), (400, {"error": "access_denied"})], "refused on the platform"),
        ([(400, {"error": "expired_token"})], "no longer valid"),
        ([(400, {"error": "invalid_grant"})], "no longer valid"),
        ([(502, b"<html>")], "does not answer as the platform does"),
    ],
)
def test_a_pairing_that_fails_says_why(platform, answers, message):
    platform.answers = answers
    with pytest.raises(PairingFailed, match=message):
        wait_for_approval(platform.url, {"device_code": "code", "interval": 0.01, "expires_in": 30})


def test_an_approved_pairing_gives_the_token(platform):
    platform.answers = [(400, {"error": "authorization_pending"}), (200, {"access_token": "token"})]
    assert wait_for_approval(platform.url, {"device_code": "code", "interval": 0.01}) == "token"


def test_a_code_that_nobody_approves_expires(platform):
    platform.answers = [(400, {"error": "authorization_pending"})] * 100
    with pytest.raises(PairingFailed, match="expired"):
        wait_for_approval(platform.url, {"device_code": "code", "interval": 0.05, "expires_in": 0.2})
