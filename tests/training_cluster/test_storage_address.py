"""A blob in the operator's storage is fetched from the address that the platform gives, without our headers."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from training_cluster.client import Api, ApiError, bearer

PAYLOAD = b"theta" * 100
SHA256 = hashlib.sha256(PAYLOAD).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        is_storage = self.path.startswith("/bucket/")
        self.server.seen.append((self.path.split("?")[0], self.headers.get("Authorization")))
        payload = self.server.stored if is_storage and self.server.stored else b""
        if span := is_storage and self.headers.get("Range"):
            first, last = map(int, span.removeprefix("bytes=").split("-"))
            payload = payload[first : last + 1]
        self.send_response((206 if span else 200) if payload else 404 if is_storage else 302)
        if not is_storage:
            self.send_header(
                "Location", f"http://127.0.0.1:{self.server.server_port}/bucket/{SHA256}?X-Amz-Signature=s"
            )
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen, server.stored = [], PAYLOAD
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def api(server):
    return Api(f"http://127.0.0.1:{server.server_port}", bearer("our-token"), 1.0)


def test_the_address_is_followed_without_our_token(server, api):
    assert api.get_blob(SHA256) == PAYLOAD
    assert server.seen == [(f"/api/v1/blobs/{SHA256}", "Bearer our-token"), (f"/bucket/{SHA256}", None)]


def test_a_span_is_asked_of_the_storage_itself(server, api):
    assert api.get_bytes(f"/api/v1/blobs/{SHA256}", (3, 11)) == PAYLOAD[3:11]
    assert server.seen == [(f"/api/v1/blobs/{SHA256}", "Bearer our-token"), (f"/bucket/{SHA256}", None)]


def test_other_bytes_than_the_hash_says_are_refused(server, api):
    server.stored = b"poison"
    with pytest.raises(ApiError, match="do not match"):
        api.get_blob(SHA256)


def test_a_storage_that_refuses_is_said(server, api):
    server.stored = b""
    with pytest.raises(ApiError, match="did not give"):
        api.get_blob(SHA256)
