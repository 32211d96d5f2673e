"""Reading a link for its hash: within size and time, over redirects, and never into a private network."""

import hashlib
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from api.hooks.calling import post
from outward.fetching import NotFetched, hash_of

BODY = b"weights" * 100_000
PLACES = {"to-file": "/file", "to-me": "/to-me", "to-nowhere": "ftp://files.example/"}


class Handler(BaseHTTPRequestHandler):
    """Answers as its path says."""

    def do_GET(self):
        how = self.path.strip("/")
        if how.startswith("to-"):
            self.send_response(302)
            self.send_header("Location", PLACES.get(how, "http://10.0.0.1/"))
            self.end_headers()
            return
        self.send_response(404 if how == "missing" else 200)
        if how in ("file", "short", "lying"):
            self.send_header("Content-Length", str({"short": len(BODY) + 9, "lying": 2**40}.get(how, len(BODY))))
        self.end_headers()
        if how == "slow":
            self._drip()
        else:
            self.wfile.write(BODY)

    do_POST = do_GET  # noqa: N815  # reason: the library's name

    def _drip(self):
        try:
            for _ in range(400):
                self.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            pass

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


@pytest.mark.parametrize("path", ["file", "to-file", "endless"])
def test_what_a_link_leads_to_is_hashed(server, path):
    found = hash_of(f"{server}/{path}")
    assert (found.sha256, found.size) == (hashlib.sha256(BODY).hexdigest(), len(BODY))


def why_not(url):
    try:
        hash_of(url)
    except NotFetched as error:
        return error.code, error.facts


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing", ("status", {"status": 404})), ("to-me", ("leads_on", {})), ("to-inside", ("private", {})),
        ("short", ("cut", {})), ("lying", ("too_large", {"bytes": 2 * 2**30})), ("to-nowhere", ("no_address", {})),
    ],
)  # fmt: skip
def test_what_cannot_be_read_whole_says_why(server, path, reason):
    assert why_not(f"{server}/{path}") == reason


def test_what_is_away_says_what_happened():
    assert why_not("http://127.0.0.1:9/") == ("silent", {"what": "ConnectionRefusedError"})


def test_no_more_than_the_limit_is_read(server):
    with pytest.raises(NotFetched, match="too_large"):
        hash_of(f"{server}/endless", largest=1000)


def test_one_who_sends_a_byte_at_a_time_is_cut_off_as_a_whole(server):
    started = time.monotonic()
    with pytest.raises(NotFetched):
        hash_of(f"{server}/slow", seconds=0.5)
    assert post(url=f"{server}/slow", body="{}", headers={}, seconds=0.5).status == 0
    assert time.monotonic() - started < 10
